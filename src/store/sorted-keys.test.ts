import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '#lib/random.ts';
import { SortedKeys } from './sorted-keys.ts';

const sorted = (keys: Iterable<string>) => [...keys].sort();

describe('sorted keys', () => {
  it('agrees with a sorted set over many additions, removals and walks', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 4000 }), (seed, count) => {
        const random = seededRandom(seed);
        const keys = new SortedKeys();
        const model = new Set<string>();
        for (let i = 0; i < count; i++) {
          const key = `key-${Math.floor(random.unit() * count)}`;
          if (model.has(key)) {
            keys.delete(key);
            model.delete(key);
          } else {
            keys.add(key);
            model.add(key);
          }
          assert.equal(keys.size, model.size);
          if (random.unit() < 0.005) {
            const after = `key-${Math.floor(random.unit() * count)}`;
            assert.deepEqual(
              [...keys.from(after)],
              sorted(model).filter((other) => other > after),
            );
          }
        }
        assert.deepEqual([...keys.from()], sorted(model));
        for (const key of model) keys.delete(key);
        assert.equal(keys.size, 0);
        assert.deepEqual([...keys.from()], []);
        keys.add('again');
        assert.deepEqual([...keys.from()], ['again']);
      }),
      { numRuns: 30 },
    );
  });

  it('orders by UTF-16 code units', () => {
    const keys = new SortedKeys();
    for (const key of ['z', 'Z', 'ä', '🚢', '\uffff', '', 'a']) keys.add(key);
    assert.deepEqual([...keys.from()], ['', 'Z', 'a', 'z', 'ä', '🚢', '\uffff']);
  });

  it('walks a set that is emptied and filled under way', () => {
    const keys = new SortedKeys();
    for (const key of ['a', 'b', 'c']) keys.add(key);
    const walked: string[] = [];
    for (const key of keys.from()) {
      walked.push(key);
      if (key !== 'a') continue;
      for (const old of ['a', 'b', 'c']) keys.delete(old);
      for (const added of ['A', 'd']) keys.add(added);
    }
    assert.deepEqual(walked, ['a', 'd']);
  });
});
