import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import type { ClusterRow, TaskDefinitionRow, TaskRow } from '#model/rows.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { clusters, taskDefinitions, tasks } from '#store/tables/ecs.ts';
import { createReaper } from './reap.ts';

const scope = { account: '123456789012', region: 'us-east-1', tags: [] };
const definition = (revision: number, deleteRequestedAt: number) =>
  ({
    ...scope,
    arn: `definition/web:${revision}`,
    family: 'web',
    revision,
    status: 'DELETE_IN_PROGRESS',
    deleteRequestedAt,
    containerDefinitions: [],
  }) as unknown as TaskDefinitionRow;

test('a deleted task definition goes after an hour, unless a task refers to it', async () => {
  const clock = new FakeClock();
  const store = await Store.open({ journal: volatileJournal(), tables: allTables });
  const reaper = createReaper({ store, clock });
  store.transact((tx) => {
    tx.put(taskDefinitions, definition(1, clock.now()));
    tx.put(taskDefinitions, definition(2, clock.now()));
    tx.put(clusters, { ...scope, arn: 'c', status: 'INACTIVE', inactiveAt: clock.now() } as unknown as ClusterRow);
    tx.put(tasks, {
      ...scope,
      arn: 't',
      clusterArn: 'c',
      taskDefinitionArn: 'definition/web:2',
      lastStatus: 'RUNNING',
      desiredStatus: 'RUNNING',
      launchType: 'EC2',
      group: 'g',
      containers: [],
      reservation: { cpuUnits: 0, memoryMiB: 0, ports: [], gpuCount: 0 },
    } as unknown as TaskRow);
  });
  const left = () => [...store.all(taskDefinitions)].map((row) => row.revision);
  await reaper.reconcile('everything');
  assert.deepEqual(left(), [1, 2]);
  clock.advance(3_600_000);
  await reaper.reconcile('everything');
  assert.deepEqual(left(), [2]);
  assert.equal(store.get(clusters, 'c'), undefined);
  store.transact((tx) => tx.delete(tasks, 't'));
  await reaper.reconcile('everything');
  assert.deepEqual(left(), []);
});
