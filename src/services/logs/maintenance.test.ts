import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import type { LogGroupRow, LogStreamRow } from '#model/rows.ts';
import { openSqliteJournal } from '#store/journals/sqlite.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { logGroups, logStreams } from '#store/tables/logs.ts';
import { DiskEventStorage } from './event-storage/disk-event-storage.ts';
import { deleteOrphans, expireOldEvents } from './maintenance.ts';
import { DAY_MS } from './retention.ts';

const id = (letter: string) => letter.repeat(32);

async function setUp(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-logs-maintenance-'));
  const clock = new FakeClock();
  const journal = await openSqliteJournal({ path: join(directory, 'state.sqlite') });
  const store = await Store.open({ journal, tables: allTables });
  const openEvents = () =>
    DiskEventStorage.open({ directory: join(directory, 'log-events'), clock, logger: silentLogger });
  t.after(async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });
  const group: LogGroupRow = {
    account: '1',
    region: 'r',
    arn: 'group',
    name: 'group',
    storageId: id('a'),
    createdAt: 0,
    retentionInDays: 3,
    logGroupClass: 'STANDARD',
    tags: {},
  };
  const stream: LogStreamRow = { arn: 'stream', groupArn: 'group', name: 's', storageId: id('1'), createdAt: 0 };
  store.transact((tx) => {
    tx.insert(logGroups, group);
    tx.insert(logStreams, stream);
  });
  return { store, clock, logger: silentLogger, openEvents };
}

test('events whose group or stream has no row are deleted, others stay', async (t) => {
  const { openEvents, ...deps } = await setUp(t);
  const events = await openEvents();
  const put = (groupId: string, streamId: string) =>
    events.append({ groupId: id(groupId), streamId: id(streamId) }, [{ timestamp: 1, message: 'x' }], 1);
  await put('a', '1');
  await put('a', '2');
  await put('b', '3');
  await deleteOrphans({ ...deps, events });
  assert.deepEqual([...events.streams()], [{ groupId: id('a'), streamId: id('1') }]);
  await events.close();
});

test('segments that a retention policy has expired are deleted', async (t) => {
  const { openEvents, ...deps } = await setUp(t);
  const address = { groupId: id('a'), streamId: id('1') };
  for (const days of [5, 1]) {
    const events = await openEvents();
    await events.append(address, [{ timestamp: deps.clock.now() - days * DAY_MS, message: 'x' }], 1);
    await events.close();
  }
  const events = await openEvents();
  assert.equal(events.stats(address)?.eventCount, 2);
  await expireOldEvents({ ...deps, events });
  assert.equal(events.stats(address)?.eventCount, 1);
  await events.close();
});
