import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import { EngineError, type StatsSample } from '../engine-api/engine.ts';
import { LiveStatsFeeds } from './live-stats.ts';

const sample = (atMs: number) => ({ atMs }) as StatsSample;

test('a stream is opened by the first question, shared, and closed when nobody asks any more', async () => {
  const clock = new FakeClock();
  let opened = 0;
  let closed = 0;
  const feeds = new LiveStatsFeeds(
    {
      async *stats(_container, signal) {
        opened += 1;
        yield sample(1);
        yield sample(2);
        await new Promise((resolve) => signal?.addEventListener('abort', resolve));
        closed += 1;
      },
    },
    clock,
  );
  const [first, second] = await Promise.all([feeds.get('c'), feeds.get('c')]);
  assert.deepEqual(first, { last: sample(2), previous: sample(1) });
  assert.deepEqual(second, first);
  clock.advance(20_000);
  await feeds.get('c');
  clock.advance(29_000);
  assert.deepEqual([opened, closed], [1, 0]);
  clock.advance(2_000);
  await new Promise(setImmediate);
  assert.deepEqual([opened, closed], [1, 1]);
});

test('a container that does not run has none', async () => {
  const feeds = new LiveStatsFeeds(
    {
      // biome-ignore lint/correctness/useYield: it fails before its first sample
      async *stats() {
        throw new EngineError('not-found', 'no such container');
      },
    },
    new FakeClock(),
  );
  assert.equal(await feeds.get('c'), undefined);
});
