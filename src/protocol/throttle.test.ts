import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '#lib/clock.ts';
import { createThrottle } from './throttle.ts';

const buckets = { ecs: [{ name: 'read', burst: 3, perSecond: 2, operations: ['A', 'B'] }] };
const call = (operation: string, account = '1', region = 'r') => ({ service: 'ecs', operation, account, region });

test('a bucket is shared by its operations, and each account and region has its own', () => {
  const take = createThrottle(buckets, new FakeClock(0));
  assert.deepEqual(
    ['A', 'B', 'A', 'B'].map((name) => take(call(name))),
    [true, true, true, false],
  );
  assert.equal(take(call('A', '2')), true);
  assert.equal(take(call('A', '1', 's')), true);
  assert.equal(take(call('C')), true);
  assert.equal(take({ ...call('A'), service: 'logs' }), true);
});

test('it refills at its rate, up to its burst', () => {
  const clock = new FakeClock(0);
  const take = createThrottle(buckets, clock);
  for (let i = 0; i < 3; i++) take(call('A'));
  clock.advance(499);
  assert.equal(take(call('A')), false);
  clock.advance(1);
  assert.equal(take(call('A')), true);
  clock.advance(60_000);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => take(call('A'))),
    [true, true, true, false],
  );
});

test('property: never more than burst + rate · time calls get through', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (waits) => {
      const clock = new FakeClock(0);
      const take = createThrottle(buckets, clock);
      let taken = 0;
      for (const wait of waits) {
        clock.advance(wait);
        if (take(call('A'))) taken += 1;
        assert.ok(taken <= 3 + (clock.now() / 1000) * 2 + 1e-9);
      }
    }),
  );
});
