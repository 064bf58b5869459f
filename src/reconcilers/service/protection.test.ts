/** Scale-in protection ends on time: on a fake clock, with nobody touching the service in between. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { seededRandom } from '#lib/random.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { services, tasks } from '#store/tables/ecs.ts';
import { Driver } from '../driver.ts';
import { createServiceReconciler } from './reconcile.ts';
import { sampleService, sampleTask } from './sample-rows.ts';

test('a protected task goes at the very moment at which its protection ends', async () => {
  const store = await Store.open({ journal: volatileJournal(), tables: allTables });
  const clock = new FakeClock(0);
  const protectedUntil = 17 * 60_000 + 1;
  store.transact((tx) => {
    tx.insert(services, sampleService({ desiredCount: 1 }));
    for (const id of ['a', 'b']) {
      tx.insert(tasks, sampleTask(id, { lastStatus: 'RUNNING', startedAt: 0, protectedUntil }));
    }
  });
  const random = seededRandom(1);
  const driver = new Driver({ store, clock, logger: silentLogger }, [
    createServiceReconciler({ store, clock, random }),
  ]);
  const stopping = () => [...store.all(tasks)].filter((task) => task.desiredStatus === 'STOPPED');
  try {
    clock.advance(protectedUntil - 1);
    assert.deepEqual(stopping(), []);
    clock.advance(1);
    clock.advance(0);
    assert.deepEqual(
      stopping().map((task) => task.stopCode),
      ['ServiceSchedulerInitiated'],
    );
  } finally {
    driver.close();
    await store.close();
  }
});
