import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DaemonMemory } from './memory.ts';

const cluster = ['a', 'b', 'c', 'd', 'e'];
const walk = (after: string | undefined) => cluster.filter((arn) => after === undefined || arn > after);

test('a scan goes through all instances by pieces, changed ones first and each once a batch', () => {
  const memory = new DaemonMemory();
  memory.startScan();
  memory.dirty.add('d');
  memory.dirty.add('a');
  const batches: string[][] = [];
  while (memory.isScanning) {
    const batch = memory.take(3, walk);
    batches.push(batch);
    for (const arn of batch) memory.note(arn, arn !== 'c');
    memory.endBatch();
  }
  assert.deepEqual(batches, [['d', 'a', 'b'], ['c', 'd', 'e'], []].slice(0, batches.length));
  assert.deepEqual([...memory.wanted].sort(), ['a', 'b', 'd', 'e']);
  assert.equal(memory.isKnown, true);
  assert.deepEqual(memory.take(3, walk), []);
});

test('a change during a scan counts, and what is gone is forgotten when it ends', () => {
  const memory = new DaemonMemory();
  for (let round = 0; round < 2; round++) {
    memory.startScan();
    const first = memory.take(4, round === 0 ? walk : (after) => walk(after).filter((arn) => arn !== 'e'));
    for (const arn of first) memory.note(arn, true);
    memory.endBatch();
    memory.dirty.add('a');
    while (memory.isScanning || memory.dirty.size > 0) {
      const batch = memory.take(4, round === 0 ? walk : (after) => walk(after).filter((arn) => arn !== 'e'));
      for (const arn of batch) memory.note(arn, arn !== 'a');
      memory.endBatch();
    }
  }
  assert.deepEqual([...memory.wanted].sort(), ['b', 'c', 'd']);
});
