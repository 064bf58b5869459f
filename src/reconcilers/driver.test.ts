import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import type { ClusterRow } from '#model/rows.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { clusters } from '#store/tables/ecs.ts';
import { Driver, type Reconciler } from './driver.ts';

const sample = (arn: string, createdAt: number): ClusterRow => ({
  ...{ account: '123456789012', region: 'us-east-1', arn: arn as ClusterRow['arn'], name: arn, status: 'ACTIVE' },
  ...{ createdAt, settings: [], capacityProviders: [], defaultCapacityProviderStrategy: [], tags: [] },
});

async function setUp(reconcile: Reconciler['reconcile'], all: string[] = []) {
  const store = await Store.open({ journal: volatileJournal(), tables: allTables });
  const clock = new FakeClock(0);
  const seen: string[] = [];
  const reconciler: Reconciler = {
    name: 'test',
    wokenBy: (change) => (change.table === clusters.name ? [change.key] : []),
    all: () => all,
    reconcile: (address) => {
      seen.push(address);
      return reconcile(address);
    },
  };
  const driver = new Driver({ store, clock, logger: silentLogger }, [reconciler]);
  return { store, clock, seen, driver, reconciler };
}

test('the first pass and every full pass look at each address', async () => {
  const { clock, seen, driver } = await setUp(() => undefined, ['a', 'b']);
  clock.advance(0);
  assert.deepEqual(seen, ['a', 'b']);
  clock.advance(60_000);
  assert.deepEqual(seen, ['a', 'b', 'a', 'b']);
  driver.close();
});

test('an address that is woken often is looked at once', async () => {
  const { clock, seen, driver, reconciler } = await setUp(() => undefined);
  for (let i = 0; i < 5; i++) driver.wake(reconciler, 'a');
  clock.advance(0);
  assert.deepEqual(seen, ['a']);
  driver.close();
});

test('a reconciler that throws is tried again, later each time, and succeeds', async () => {
  let failures = 3;
  const { clock, seen, driver, reconciler } = await setUp(() => {
    if (failures-- > 0) throw new Error('no');
    return undefined;
  });
  driver.wake(reconciler, 'a');
  clock.advance(0);
  assert.equal(seen.length, 1);
  clock.advance(199);
  assert.equal(seen.length, 1);
  clock.advance(1);
  assert.equal(seen.length, 2);
  clock.advance(400);
  assert.equal(seen.length, 3);
  clock.advance(800);
  assert.equal(seen.length, 4);
  clock.advance(50_000);
  assert.equal(seen.length, 4);
  driver.close();
});

test('an address is looked at again when it asked for it, and only at the time it last asked for', async () => {
  const times = [1000, 500, undefined];
  const { clock, seen, driver, reconciler } = await setUp(() => {
    const next = times.shift();
    return next === undefined ? undefined : clock.now() + next;
  });
  driver.wake(reconciler, 'a');
  clock.advance(0);
  driver.wake(reconciler, 'a');
  clock.advance(0);
  clock.advance(500);
  assert.equal(seen.length, 3);
  clock.advance(10_000);
  assert.equal(seen.length, 3);
  driver.close();
});

test('what is not urgent waits for more of its kind, and goes at once when something urgent comes', async () => {
  const { clock, seen, driver, store, reconciler } = await setUp(() => undefined);
  let urgent = false;
  Object.assign(reconciler, { isUrgent: () => urgent });
  const change = (n: number) => store.transact((tx) => tx.put(clusters, sample('a', n)));
  change(1);
  change(2);
  clock.advance(10);
  assert.deepEqual(seen, []);
  clock.advance(50);
  assert.deepEqual(seen, ['a']);
  change(3);
  urgent = true;
  change(4);
  clock.advance(0);
  assert.deepEqual(seen, ['a', 'a']);
  clock.advance(1000);
  assert.deepEqual(seen, ['a', 'a']);
  driver.close();
});

test('what can wait takes a small part of the time, also when its passes are long and wake it again', async () => {
  let pass = () => {};
  const { clock, seen, driver, store, reconciler } = await setUp(() => {
    pass();
    return undefined;
  });
  let busyMs = 0;
  const now = clock.now.bind(clock);
  Object.assign(clock, { now: () => now() + busyMs });
  Object.assign(reconciler, { isUrgent: () => false });
  const change = () => store.transact((tx) => tx.put(clusters, sample('a', busyMs)));
  pass = () => {
    busyMs += 20;
    change();
  };
  change();
  clock.advance(1000);
  // At 50 ms, then after nine times the 20 ms that each took.
  assert.equal(seen.length, 6);
  driver.close();
});

test('nothing is reconciled while the journal is far behind', async () => {
  const { clock, seen, driver, store, reconciler } = await setUp(() => undefined);
  store.transact((tx) => {
    for (let n = 0; n <= 10_000; n++) tx.put(clusters, sample(`x${n}`, n));
  });
  driver.wake(reconciler, 'a');
  clock.advance(1000);
  assert.deepEqual(seen, []);
  await store.durable();
  clock.advance(1000);
  assert.ok((seen as string[]).includes('a'));
  driver.close();
});

test('a closed driver does nothing more', async () => {
  const { clock, seen, driver } = await setUp(() => undefined, ['a']);
  driver.close();
  clock.advance(120_000);
  assert.deepEqual(seen, []);
});
