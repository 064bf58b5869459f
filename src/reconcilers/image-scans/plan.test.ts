import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ImageScanResult, ImageScanRow } from '#model/image-scan.ts';
import { failed, isDue, planQueue, succeeded } from './plan.ts';

const row = (key: string, more: Partial<ImageScanRow> = {}): ImageScanRow => ({
  key,
  repositoryArn: 'arn',
  digest: 'sha256:a',
  scanType: 'BASIC',
  generation: 1,
  requestedAt: 0,
  recentRequests: [0],
  wanted: 'NOW',
  attempts: 0,
  ...more,
});
const result: ImageScanResult = {
  completedAt: 5,
  engine: 'slipway',
  source: 'slipway 1',
  counts: { LOW: 1 },
  findings: 'file',
  gaps: [],
};
const over = { wanted: undefined } as unknown as Partial<ImageScanRow>;
const source = { key: 'current', engine: 'slipway', identity: 'slipway 1' } as const;

describe('the queue', () => {
  const keys = (wanted: ImageScanRow[], running: string[], limit: number, now = 0) =>
    planQueue(wanted, new Set(running), limit, now).start.map((one) => one.key);

  test('no more at a time than there is room for, in their order', () => {
    const wanted = ['a', 'b', 'c'].map((key) => row(key));
    assert.deepEqual(keys(wanted, [], 2), ['a', 'b']);
    assert.deepEqual(keys(wanted, ['a'], 2), ['b']);
    assert.deepEqual(keys(wanted, ['a', 'b'], 2), []);
  });

  test('one that failed waits, and others pass it', () => {
    const wanted = [row('a', { notBefore: 10 }), row('b'), row('c', { notBefore: 7 })];
    assert.deepEqual(planQueue(wanted, new Set(), 2, 5), { start: [wanted[1]], dueMs: 7 });
    assert.deepEqual(keys(wanted, [], 3, 10), ['a', 'b', 'c']);
  });
});

describe('the end of a scan', () => {
  test('findings take the place of a failure', () => {
    const before = row('a', { failure: { kind: 'FAILED', reason: 'x', at: 1, source: '' }, notBefore: 3 });
    const after = succeeded(before, result);
    assert.deepEqual(
      [after.wanted, after.failure, after.notBefore, after.result],
      [undefined, undefined, undefined, result],
    );
  });

  test('what may pass is tried again, later and later, and then no more', () => {
    let one = row('a');
    const waits: number[] = [];
    for (let now = 0; one.wanted; now = one.notBefore ?? now) {
      one = failed(one, { kind: 'TRANSIENT', reason: 'away' }, source, now);
      if (one.notBefore !== undefined) waits.push(one.notBefore - now);
    }
    assert.deepEqual(waits, [2_000, 15_000, 60_000]);
    assert.deepEqual([one.failure?.kind, one.failure?.reason], ['FAILED', 'away']);
  });

  test('everything else is over at once, and keeps what was found before', () => {
    const one = failed(row('a', { result }), { kind: 'UNSUPPORTED', reason: 'no' }, undefined, 9);
    assert.deepEqual(one.failure, { kind: 'UNSUPPORTED', reason: 'no', at: 9, source: '' });
    assert.deepEqual([one.wanted, one.result], [undefined, result]);
  });
});

test('which images are scanned again', () => {
  const image = { status: 'ACTIVE' } as const;
  const enhanced = { scanType: 'ENHANCED' } as const;
  const other = { ...source, identity: 'slipway 2' };
  assert.ok(isDue(image, undefined, undefined));
  assert.ok(isDue(image, row('a', { ...over, result }), source), 'one of another type');
  assert.ok(!isDue(image, row('a', enhanced), other), 'one that waits');
  assert.ok(!isDue(image, row('a', { ...enhanced, ...over, result }), source));
  assert.ok(isDue(image, row('a', { ...enhanced, ...over, result }), other));
  assert.ok(!isDue(image, row('a', { ...enhanced, ...over, result }), undefined), 'nothing can scan');
  assert.ok(!isDue({ status: 'ARCHIVED' }, undefined, source));
  const failure = { kind: 'FAILED', reason: '', at: 0, source: 'slipway 1' } as const;
  assert.ok(!isDue(image, row('a', { ...enhanced, ...over, failure }), source), 'it would fail again');
  assert.ok(isDue(image, row('a', { ...enhanced, ...over, failure, result }), other));
});
