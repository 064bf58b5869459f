import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LogLine } from '../engine-api/engine.ts';
import { fakeContainer, fakeTask } from '../metadata/fake-tasks.ts';
import { EventAssembler, MAX_EVENT_BYTES, splitMessage } from './event-assembler.ts';
import { EventQueue } from './log-batch.ts';
import { shippingOptions } from './log-options.ts';
import { datetimePattern, startPattern } from './multiline.ts';

const line = (message: string, ms: number, more: Partial<LogLine> = {}): LogLine => ({
  stream: 'stdout',
  timestampNs: BigInt(ms) * 1_000_000n,
  message,
  partial: false,
  ...more,
});

test('parts of a line are joined per output, with the time of the first', () => {
  const assembler = new EventAssembler(undefined);
  assert.deepEqual(assembler.add(line('a1', 1, { partial: true })), []);
  assert.deepEqual(assembler.add(line('error', 2, { stream: 'stderr' })), [{ timestamp: 2, message: 'error' }]);
  assert.deepEqual(assembler.add(line('a2', 3)), [{ timestamp: 1, message: 'a1a2' }]);
  assert.deepEqual(assembler.add(line('', 4)), [], 'empty lines are no events');
  assert.deepEqual(assembler.add(line('last', 5, { partial: true })), []);
  assert.deepEqual(assembler.flushAll(), [{ timestamp: 5, message: 'last' }]);
});

test('a line that never ends is given out in pieces', () => {
  const assembler = new EventAssembler(undefined);
  const part = 'x'.repeat(16_384);
  const events = Array.from({ length: 17 }, () => assembler.add(line(part, 1, { partial: true }))).flat();
  assert.ok(events.length >= 1);
  const all = [...events, ...assembler.flushAll()].map((event) => event.message).join('');
  assert.equal(all.length, 17 * 16_384);
});

test('property: pieces of a long message are whole characters, short enough, and nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 4, max: 20 }), (message, maxBytes) => {
      const pieces = splitMessage(message.toWellFormed(), maxBytes);
      assert.equal(pieces.join(''), message.toWellFormed());
      for (const piece of pieces) assert.ok(Buffer.byteLength(piece) <= maxBytes);
    }),
  );
  assert.equal(splitMessage('x'.repeat(MAX_EVENT_BYTES)).length, 1);
  assert.equal(splitMessage('x'.repeat(MAX_EVENT_BYTES + 1)).length, 2);
});

test('lines that do not match the start belong to the event before', () => {
  const assembler = new EventAssembler(/^\S/);
  const events = [line('first', 1), line('  at a', 2), line('', 3), line('second', 4)].flatMap((next) =>
    assembler.add(next),
  );
  assert.deepEqual(events, [{ timestamp: 1, message: 'first\n  at a\n\n' }]);
  assert.deepEqual(assembler.flushAll(), [{ timestamp: 4, message: 'second\n' }]);
});

test('datetime formats', () => {
  const pattern = datetimePattern('[%b %d, %Y %H:%M:%S]')!;
  assert.ok(pattern.test('[May 01, 2017 19:00:01] A message'));
  assert.ok(!pattern.test('[Mai 01, 2017 19:00:01] A message'));
  assert.ok(datetimePattern('%Y-%m-%dT%H:%M:%S%L%z')!.test('2026-01-31T23:59:59.123+0000 x'));
  assert.equal(datetimePattern('%Q'), undefined);
  const problems: string[] = [];
  assert.equal(
    startPattern({ 'awslogs-multiline-pattern': '(' }, (why) => problems.push(why)),
    undefined,
  );
  assert.equal(problems.length, 1);
});

test('batches keep to the limits of PutLogEvents and are in order of time', () => {
  const queue = new EventQueue();
  queue.add({ timestamp: 5, message: 'b' }, 0);
  queue.add({ timestamp: 4, message: 'a' }, 0);
  queue.add({ timestamp: 6, message: 'later' }, 10);
  assert.deepEqual(
    queue.take(5).map((event) => event.message),
    ['a', 'b'],
  );
  assert.deepEqual(queue.take(5), []);
  assert.equal(queue.take(10).length, 1);
  const day = 24 * 3_600_000;
  queue.add({ timestamp: 0, message: 'old' }, 0);
  queue.add({ timestamp: day + 1, message: 'new' }, 0);
  assert.deepEqual(
    queue.take(0).map((event) => event.message),
    ['old'],
  );
  assert.deepEqual(
    queue.take(0).map((event) => event.message),
    ['new'],
  );
  for (let i = 0; i < 5; i++) queue.add({ timestamp: 0, message: 'x'.repeat(262_118) }, 0);
  assert.equal(queue.take(0).length, 4, 'four of 262,144 bytes fill a mebibyte');
  assert.equal(queue.take(0).length, 1);
  assert.equal(queue.bytes, 0);
});

test('where a container’s lines go', () => {
  const destination = (logOptions: Record<string, string>) =>
    shippingOptions(fakeTask(), fakeContainer({ logOptions }), 'eu-west-1').destination;
  assert.deepEqual(destination({ 'awslogs-group': 'g', 'awslogs-region': 'us-east-1', 'awslogs-stream': 's' }), {
    region: 'us-east-1',
    group: 'g',
    stream: 's',
  });
  assert.deepEqual(destination({ 'awslogs-group': 'g', 'awslogs-stream-prefix': 'p' }), {
    region: 'eu-west-1',
    group: 'g',
    stream: `p/web/${fakeTask().taskId}`,
  });
  assert.equal(destination({ 'awslogs-group': 'g' }).stream, fakeContainer().runtimeId);
});
