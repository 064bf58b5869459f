import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { DiskEventStorage } from './disk-event-storage.ts';
import type { EventStorage, ReadRange, StoredEvent, StreamAddress } from './event-storage.ts';

const id = (letter: string) => letter.repeat(32);
const stream = (group: string, name: string): StreamAddress => ({ groupId: id(group), streamId: id(name) });
const day = 24 * 3_600_000;

async function directory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'slipway-log-events-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

const open = (path: string, checkpointBytes?: number) =>
  DiskEventStorage.open({
    directory: path,
    clock: new FakeClock(),
    logger: silentLogger,
    ...(checkpointBytes === undefined ? {} : { checkpointBytes }),
  });

async function read(storage: EventStorage, address: StreamAddress, range: Partial<ReadRange> = {}) {
  const out: StoredEvent[] = [];
  for await (const event of storage.read(address, { direction: 'forward', ...range })) out.push(event);
  return out;
}

const messages = async (...args: Parameters<typeof read>) => (await read(...args)).map((event) => event.message);

test('events come back in order of time, then of arrival, in both directions', async (t) => {
  const storage = await open(await directory(t));
  const a = stream('a', '1');
  await storage.append(
    a,
    [
      { timestamp: 20, message: 'c' },
      { timestamp: 30, message: 'e' },
    ],
    100,
  );
  await storage.append(
    a,
    [
      { timestamp: 10, message: 'a' },
      { timestamp: 20, message: 'd' },
    ],
    101,
  );
  await storage.append(a, [{ timestamp: 10, message: 'b' }], 102);
  assert.equal((await messages(storage, a)).join(''), 'abcde');
  assert.equal((await messages(storage, a, { direction: 'backward' })).join(''), 'edcba');
  assert.equal((await messages(storage, a, { fromTime: 20, toTime: 30 })).join(''), 'cd');
  const [, b] = await read(storage, a);
  assert.equal((await messages(storage, a, { after: b! })).join(''), 'cde');
  assert.equal((await messages(storage, a, { before: b! })).join(''), 'a');
  assert.deepEqual(storage.stats(a), {
    firstEventTimestamp: 10,
    lastEventTimestamp: 30,
    lastIngestionTime: 102,
    eventCount: 5,
    storedBytes: 5 * 27,
  });
  await storage.close();
});

test('what was written is there after a clean close, and can be appended to', async (t) => {
  const path = await directory(t);
  const a = stream('a', '1');
  const first = await open(path);
  await first.append(a, [{ timestamp: 1, message: 'one — ünïcode' }], 5);
  await first.close();
  const second = await open(path);
  await second.append(a, [{ timestamp: 2, message: 'two' }], 6);
  assert.deepEqual(await messages(second, a), ['one — ünïcode', 'two']);
  assert.equal(second.stats(a)?.lastIngestionTime, 6);
  await second.close();
  const third = await open(path);
  assert.deepEqual(await messages(third, a), ['one — ünïcode', 'two']);
  assert.deepEqual(
    (await read(third, a)).map((event) => event.sequence),
    [1, 2],
  );
  await third.close();
});

test('a torn tail of the write-ahead log is cut off, everything before it is kept', async (t) => {
  const path = await directory(t);
  const a = stream('a', '1');
  const crashed = await open(path);
  await crashed.append(a, [{ timestamp: 1, message: 'kept' }], 5);
  await crashed.abandon();
  // The half of a frame that a crash leaves behind:
  const [file] = await readdir(join(path, 'wal'));
  await appendFile(join(path, 'wal', file!), Buffer.from([200, 0, 0, 0, 1, 2, 3, 4, 5, 6]));
  const storage = await open(path);
  assert.deepEqual(await messages(storage, a), ['kept']);
  await storage.close();
});

test('deleted streams and groups are gone for good, also after a crash', async (t) => {
  const path = await directory(t);
  const storage = await open(path, 200);
  for (const name of ['1', '2']) {
    await storage.append(stream('a', name), [{ timestamp: 1, message: 'x'.repeat(300) }], 5);
    await storage.append(stream('b', name), [{ timestamp: 1, message: 'x' }], 5);
  }
  await storage.deleteStream(stream('a', '1'));
  await storage.deleteGroup(id('b'));
  assert.deepEqual(await read(storage, stream('a', '1')), []);
  assert.equal(storage.stats(stream('b', '1')), undefined);
  assert.equal(storage.storedBytes(id('b')), 0);
  await storage.close();
  const again = await open(path);
  assert.deepEqual([...again.streams()], [stream('a', '2')]);
  await again.close();
  assert.deepEqual(await readdir(join(path, 'groups')), [id('a')]);
});

test('retention deletes whole segments, and only those that are older as a whole', async (t) => {
  const path = await directory(t);
  const a = stream('a', '1');
  for (let i = 0; i < 5; i++) {
    const storage = await open(path);
    await storage.append(a, [{ timestamp: i * 2 * day, message: `day ${i}` }], 5);
    await storage.close();
  }
  const storage = await open(path);
  assert.equal((await readdir(join(path, 'groups', id('a'), id('1')))).length, 5);
  await storage.expire(id('a'), 4 * day);
  assert.deepEqual(await messages(storage, a), ['day 2', 'day 3', 'day 4']);
  assert.equal((await readdir(join(path, 'groups', id('a'), id('1')))).length, 3);
  assert.equal(storage.stats(a)?.firstEventTimestamp, 4 * day);
  await storage.close();
});

test('many streams share the syncs and keep apart', async (t) => {
  const path = await directory(t);
  const storage = await open(path);
  const names = Array.from({ length: 500 }, (_, i) => String(i).padStart(32, '0'));
  await Promise.all(
    names.map((name) => storage.append({ groupId: id('a'), streamId: name }, [{ timestamp: 1, message: name }], 5)),
  );
  await storage.close();
  const again = await open(path);
  for (const name of names) assert.deepEqual(await messages(again, { groupId: id('a'), streamId: name }), [name]);
  await again.close();
});

test('property: any puts, checkpoints and crashes give back every event once and in order', async (t) => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        stream: fc.constantFrom('1', '2', '3'),
        times: fc.array(fc.nat(40), { minLength: 1, maxLength: 8 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant('crash' as const) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const path = await directory(t);
      let storage = await open(path, 600);
      const expected = new Map<string, { timestamp: number; message: string }[]>();
      let next = 0;
      for (const at of steps) {
        if (at === 'restart') await storage.close();
        if (at === 'crash') await storage.abandon();
        if (typeof at === 'string') {
          storage = await open(path, 600);
          continue;
        }
        const events = at.times.sort((a, b) => a - b).map((timestamp) => ({ timestamp, message: `${next++}` }));
        await storage.append(stream('a', at.stream), events, 1);
        expected.set(at.stream, [...(expected.get(at.stream) ?? []), ...events]);
      }
      for (const [name, events] of expected) {
        const sorted = events.toSorted((a, b) => a.timestamp - b.timestamp).map((event) => event.message);
        assert.deepEqual(await messages(storage, stream('a', name)), sorted);
        assert.deepEqual(await messages(storage, stream('a', name), { direction: 'backward' }), sorted.toReversed());
      }
      await storage.close();
    }),
    { numRuns: 30 },
  );
});
