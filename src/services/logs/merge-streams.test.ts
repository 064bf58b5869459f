import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { takePage } from './event-page.ts';
import { blockOf, encodeBlock } from './event-storage/event-block.ts';
import { mayHold, readOrdered } from './event-storage/ordered-reader.ts';
import { type MergedPosition, type MergedStream, mergeStreams } from './merge-streams.ts';

const streams = fc.array(fc.array(fc.nat(15), { minLength: 1, maxLength: 12 }), { maxLength: 5 });

/** Streams whose blocks hold three events each, so that their time ranges overlap. */
function toStream(times: readonly number[], index: number): MergedStream {
  const events = times.map((timestamp, sequence) => ({ timestamp, message: `${index}.${sequence}` }));
  const blocks = Array.from({ length: Math.ceil(events.length / 3) }, (_, i) =>
    blockOf(encodeBlock(events.slice(i * 3, i * 3 + 3), i * 3 + 1, 0).bytes),
  );
  return {
    id: `id-${index}`,
    name: `${index}`,
    nearestTimestamp: Math.min(...times),
    open: (range) => {
      const within = blocks.filter((block) => mayHold(block, range));
      return readOrdered(
        within.map((block) => ({ ...block, open: () => block })),
        range,
      );
    },
  };
}

test('property: pages of any size, in both directions, give every event once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(streams, fc.integer({ min: 1, max: 7 }), fc.boolean(), async (all, limit, forward) => {
      const merged = all.map((times, index) => ({
        ...toStream(times, index),
        nearestTimestamp: forward ? Math.min(...times) : Math.max(...times),
      }));
      const seen: string[] = [];
      let after: MergedPosition | undefined;
      for (let pages = 0; pages < 100; pages++) {
        const source = mergeStreams(merged, { direction: forward ? 'forward' : 'backward' }, after);
        const page = await takePage(source, { limit });
        seen.push(...page.events.map((event) => event.message));
        if (page.ended || !page.last) break;
        const { timestamp, sequence, stream } = page.last;
        after = { timestamp, sequence, streamId: stream.id };
      }
      const expected = all
        .flatMap((times, index) => times.map((timestamp, sequence) => ({ timestamp, index, sequence })))
        .sort((a, b) => a.timestamp - b.timestamp || a.index - b.index || a.sequence - b.sequence)
        .map(({ index, sequence }) => `${index}.${sequence}`);
      assert.deepEqual(seen, forward ? expected : expected.toReversed());
    }),
    { numRuns: 200 },
  );
});
