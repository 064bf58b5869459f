import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FakeClock, systemClock } from './clock.ts';

describe('FakeClock', () => {
  it('fires every timer once, at its own time, in due order, ties in the order they were set', () => {
    const delay = fc.integer({ min: -5, max: 50 });
    fc.assert(
      fc.property(fc.array(delay), fc.array(fc.nat({ max: 20 })), (delays, steps) => {
        const clock = new FakeClock(1000);
        const fired: { at: number; due: number; order: number }[] = [];
        for (const [order, delayMs] of delays.entries()) {
          const due = 1000 + Math.max(0, delayMs);
          clock.after(delayMs, () => fired.push({ at: clock.now(), due, order }));
        }
        for (const step of [...steps, 100]) clock.advance(step);
        assert.equal(fired.length, delays.length);
        for (const { at, due } of fired) assert.equal(at, due);
        assert.deepEqual(
          fired,
          [...fired].sort((a, b) => a.due - b.due || a.order - b.order),
        );
        assert.equal(clock.nextDue(), undefined);
        assert.equal(clock.now(), 1000 + steps.reduce((sum, step) => sum + step, 0) + 100);
      }),
    );
  });

  it('fires timers that timers set, as far as the advance reaches', () => {
    const clock = new FakeClock(0);
    const fired: number[] = [];
    const tick = () => {
      fired.push(clock.now());
      clock.after(10, tick);
    };
    clock.after(10, tick);
    clock.advance(35);
    assert.deepEqual(fired, [10, 20, 30]);
    assert.equal(clock.nextDue(), 40);
  });

  it('cancels, also twice and after firing', () => {
    const clock = new FakeClock();
    const fired: string[] = [];
    const first = clock.after(1, () => fired.push('first'));
    const second = clock.after(1, () => fired.push('second'));
    first.cancel();
    first.cancel();
    clock.advance(5);
    second.cancel();
    assert.deepEqual(fired, ['second']);
  });

  it('sleeps until the time, or until it is aborted', async () => {
    const clock = new FakeClock();
    const slept = clock.sleep(10);
    const abort = new AbortController();
    const aborted = clock.sleep(10, abort.signal);
    const reason = new Error('enough');
    abort.abort(reason);
    await assert.rejects(aborted, reason);
    await assert.rejects(clock.sleep(10, abort.signal), reason);
    clock.advance(10);
    await slept;
    assert.equal(clock.nextDue(), undefined);
  });
});

describe('systemClock', () => {
  it('tells the time, sleeps and cancels', async () => {
    const keepAlive = setInterval(() => {}, 1000);
    const before = systemClock.now();
    systemClock.after(0, () => assert.fail('cancelled')).cancel();
    await systemClock.sleep(2);
    assert.ok(systemClock.now() - before >= 1);
    await assert.rejects(systemClock.sleep(60_000, AbortSignal.abort(new Error('stop'))), /stop/);
    clearInterval(keepAlive);
  });

  it('takes waits that are longer than a timeout of Node', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const fired: string[] = [];
    const month = 30 * 24 * 3_600_000;
    systemClock.after(month, () => fired.push('month'));
    systemClock.after(month, () => fired.push('cancelled')).cancel();
    t.mock.timers.tick(2 ** 31 - 1);
    assert.deepEqual(fired, []);
    t.mock.timers.tick(month - 2 ** 31 + 1);
    assert.deepEqual(fired, ['month']);
  });
});
