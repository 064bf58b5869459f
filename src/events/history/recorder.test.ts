import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { serviceArn } from '#model/arn.ts';
import type { TaskRow } from '#model/rows.ts';
import { requestStop } from '#model/task-transition.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { serviceEvents, tasks } from '#store/tables/ecs.ts';
import { putTask } from '../../../test/support/task-rows.ts';
import { stateOf, toEntry } from './record.ts';
import { Recorder } from './recorder.ts';
import { openSqliteHistory } from './sqlite-storage.ts';
import type { HistoryStorage } from './storage.ts';

let directory: string;
let storage: HistoryStorage;
let store: Store;
let clock: FakeClock;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-history-'));
  storage = await openSqliteHistory(join(directory, 'history.sqlite'));
  store = await Store.open({ journal: volatileJournal(), tables: allTables });
  clock = new FakeClock();
});
afterEach(async () => {
  await storage.close();
  await rm(directory, { recursive: true, force: true });
});

const recorderOf = (options: { storage?: HistoryStorage; maxWaiting?: number } = {}) =>
  new Recorder({ store, storage, clock, logger: silentLogger, ...options });
const advance = (row: TaskRow, change: Partial<TaskRow>) =>
  store.transact((tx) => tx.update(tasks, row.arn, (task) => ({ ...task, ...change, version: task.version + 1 })));
const entriesOf = async (arn: string) => (await storage.read(arn, { limit: 1000 })).map(toEntry);
const statuses = async (arn: string) => (await entriesOf(arn)).map(({ type, change }) => [type, change['lastStatus']]);
const event = (arn: string, id: string) => ({
  key: `${arn}#${id}`,
  serviceArn: arn as never,
  id,
  createdAt: 1,
  message: id,
});

describe('recorder', () => {
  test('each change has one record; a transaction that writes a row twice has one', async () => {
    const recorder = recorderOf();
    await recorder.start();
    const row = putTask(store);
    advance(row, { lastStatus: 'RUNNING' });
    store.transact((tx) => {
      tx.update(tasks, row.arn, (task) => ({ ...task, healthStatus: 'UNHEALTHY' as const, version: 3 }));
      tx.update(tasks, row.arn, (task) =>
        requestStop(task, { stopCode: 'UserInitiated', reason: 'bye', nowMs: clock.now() }),
      );
    });
    advance(row, { tags: [{ key: 'a', value: 'b' }] });
    await store.durable();
    await recorder.flush();
    const entries = await entriesOf(row.arn);
    assert.deepEqual(
      entries.map(({ type, version }) => [type, version]),
      [
        ['CREATED', 1],
        ['CHANGED', 2],
        ['CHANGED', 4],
      ],
    );
    assert.equal(stateOf(entries)['stoppedReason'], 'bye');
    assert.deepEqual(await storage.marks([row.arn, 'nobody']), ['5', null]);
  });

  test('what waits is written by itself after a moment', async () => {
    const recorder = recorderOf();
    await recorder.start();
    const row = putTask(store);
    await store.durable();
    clock.advance(100);
    await recorder.close();
    assert.equal((await entriesOf(row.arn)).length, 1);
    assert.equal(await storage.revision(), store.revision);
  });

  test('the start catches up with what a dead process did not record, once', async () => {
    const row = putTask(store);
    const arn = serviceArn(row, 'default', 'web');
    store.transact((tx) => tx.insert(serviceEvents, event(arn, 'e1')));
    await recorderOf().start();
    assert.deepEqual(await statuses(row.arn), [['CAUGHT_UP', 'PENDING']]);
    advance(row, { lastStatus: 'RUNNING', startedAt: clock.now() });
    advance(row, { healthStatus: 'HEALTHY' });
    for (let i = 0; i < 3; i++) await recorderOf().start();
    const entries = await entriesOf(row.arn);
    assert.equal(entries.length, 2);
    assert.deepEqual(entries[1]!.change, { lastStatus: 'RUNNING', startedAt: clock.now(), healthStatus: 'HEALTHY' });
    assert.equal(entries[1]!.version, 3);
  });

  test('more than may wait: the row is caught up with later, and nothing is told twice', async () => {
    const recorder = recorderOf({ maxWaiting: 1 });
    await recorder.start();
    const first = putTask(store);
    const second = putTask(store);
    await store.durable();
    advance(second, { lastStatus: 'RUNNING' });
    await store.durable();
    await recorder.flush();
    await recorder.flush();
    advance(second, { lastStatus: 'STOPPED' });
    await store.durable();
    await recorder.flush();
    await recorder.flush();
    assert.deepEqual(await statuses(first.arn), [['CREATED', 'PENDING']]);
    assert.deepEqual(await statuses(second.arn), [
      ['CAUGHT_UP', 'RUNNING'],
      ['CHANGED', 'STOPPED'],
    ]);
  });

  test('a storage that fails is caught up with when it works again; the store never notices', async () => {
    let broken = false;
    const fragile: HistoryStorage = {
      ...storage,
      revision: () => storage.revision(),
      marks: (arns) => storage.marks(arns),
      read: (arn, range) => storage.read(arn, range),
      append: (revision, records) =>
        broken ? Promise.reject(new Error('disk full')) : storage.append(revision, records),
    };
    const recorder = recorderOf({ storage: fragile });
    await recorder.start();
    broken = true;
    const row = putTask(store);
    advance(row, { lastStatus: 'RUNNING' });
    await store.durable();
    await recorder.flush();
    await recorder.flush();
    assert.equal((await entriesOf(row.arn)).length, 0);
    broken = false;
    clock.advance(10_000);
    await recorder.flush();
    assert.deepEqual(await statuses(row.arn), [['CAUGHT_UP', 'RUNNING']]);
    await recorder.close();
    assert.equal(await storage.revision(), store.revision);
  });
});
