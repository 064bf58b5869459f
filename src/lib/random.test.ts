import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { backoffMs } from './backoff.ts';
import { accessKeyId, accountOfAccessKey, decimalId, hexId, uuid } from './ids.ts';
import { seededRandom, systemRandom } from './random.ts';

describe('random', () => {
  it('is the same for the same seed, and another for another', () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed);
      return [random.unit(), ...random.bytes(8), random.unit()];
    };
    assert.deepEqual(draw(7), draw(7));
    assert.notDeepEqual(draw(7), draw(8));
  });

  it('draws units in [0, 1), evenly', () => {
    const random = seededRandom(1);
    const buckets = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const unit = random.unit();
      assert.ok(unit >= 0 && unit < 1);
      buckets[Math.floor(unit * 10)]! += 1;
    }
    for (const count of buckets) assert.ok(count > 850 && count < 1150, `${buckets}`);
  });

  it('never gives the same system bytes twice, and never changes bytes that it gave', () => {
    const draws = Array.from({ length: 2000 }, () => systemRandom.bytes(16));
    const texts = draws.map((bytes) => Buffer.from(bytes).toString('hex'));
    assert.equal(new Set(texts).size, draws.length);
    systemRandom.bytes(4096);
    assert.equal(systemRandom.bytes(10_000).length, 10_000);
    assert.deepEqual(
      draws.map((bytes) => Buffer.from(bytes).toString('hex')),
      texts,
    );
  });
});

describe('ids', () => {
  it('have the forms that AWS gives them', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = seededRandom(seed);
        assert.match(hexId(random), /^[0-9a-f]{32}$/);
        assert.match(hexId(random, 4), /^[0-9a-f]{8}$/);
        assert.match(uuid(random), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        assert.match(decimalId(random), /^[1-9][0-9]{18}$/);
        for (const account of ['000000000000', '123456789012', '999999999999']) {
          const id = accessKeyId(random, 'ASIA', account);
          assert.match(id, /^ASIA[A-Z2-7]{16}$/);
          assert.equal(accountOfAccessKey(id), account);
        }
      }),
    );
  });
});

describe('backoff', () => {
  const backoff = { firstMs: 100, maxMs: 5000, factor: 2, jitter: 0.2 };

  it('doubles up to its limit', () => {
    const delays = [0, 1, 2, 3, 6, 7, 100, 5000].map((failures) => backoffMs(backoff, failures));
    assert.deepEqual(delays, [100, 100, 200, 400, 3200, 5000, 5000, 5000]);
  });

  it('stays within its jitter', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 50 }), (seed, failures) => {
        const plain = backoffMs(backoff, failures);
        const drawn = backoffMs(backoff, failures, seededRandom(seed));
        assert.ok(drawn >= plain * 0.8 && drawn <= plain * 1.2);
      }),
    );
  });
});
