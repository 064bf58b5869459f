import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '#lib/clock.ts';
import { openSqliteJournal } from './journals/sqlite.ts';
import { createReplicaSource, type ReplicaMessage } from './replica.ts';
import { ReplicaView } from './replica-view.ts';
import { Store } from './store.ts';
import { table } from './table.ts';

interface Row {
  readonly key: string;
  readonly group: string;
}

const followed = table<Row>()({
  name: 'followed',
  key: (row) => row.key,
  indexes: { byGroup: (row) => row.group },
  sums: { byGroup: { group: (row) => row.group, measures: { count: () => 1 } } },
});
const other = table<Row>()({ name: 'other', key: (row) => row.key, indexes: {} });

async function withStore(run: (store: Store) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-replica-'));
  const store = await Store.open({
    journal: await openSqliteJournal({ path: join(directory, 'state.sqlite') }),
    tables: [followed, other],
    migrations: [],
  });
  try {
    await run(store);
  } finally {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** A follower whose messages go through structured cloning, as over a channel, and wait until somebody asks for them. */
function follow(source: ReturnType<typeof createReplicaSource>) {
  const view = new ReplicaView([followed], (error) => assert.fail(String(error)));
  const queue: ReplicaMessage[] = [];
  let hold = false;
  const deliver = () => {
    while (!hold && queue.length > 0) {
      const revision = view.apply(structuredClone(queue.shift()!));
      if (revision !== undefined) feed.acknowledge(revision);
    }
  };
  const feed = source.attach((message) => {
    queue.push(message);
    queueMicrotask(deliver);
  });
  return {
    view,
    feed,
    hold(on: boolean) {
      hold = on;
      if (!on) deliver();
    },
  };
}

const rowsOf = (view: Pick<Store, 'all' | 'find' | 'count' | 'sum'>) => ({
  all: [...view.all(followed)],
  groups: ['a', 'b', 'c'].map((group) => [
    [...view.find(followed, 'byGroup', group)],
    view.count(followed, 'byGroup', group),
    view.sum(followed, 'byGroup', group),
  ]),
});

describe('replica', () => {
  it('shows what the store shows, whatever was there before and comes after', async () => {
    const write = fc.record({
      table: fc.constantFrom(followed, other),
      key: fc.constantFrom('1', '2', '3', '4'),
      group: fc.option(fc.constantFrom('a', 'b', 'c')),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(write), fc.array(write), async (before, later) => {
        await withStore(async (store) => {
          const apply = ({ table: into, key, group }: (typeof before)[number]) =>
            store.transact((tx) => {
              if (group === null) tx.delete(into, key);
              else tx.put(into, { key, group });
            });
          const source = createReplicaSource({ store, tables: [followed], clock: systemClock });
          before.forEach(apply);
          const { view } = follow(source);
          later.forEach(apply);
          await view.ready;
          await store.durable();
          await source.caughtUp(store.revision);
          assert.deepEqual(rowsOf(view), rowsOf(store));
          source.close();
        });
      }),
      { numRuns: 25 },
    );
  });

  it('holds replies back until a living follower has what they wrote, and only those', async () => {
    await withStore(async (store) => {
      const source = createReplicaSource({ store, tables: [followed], clock: systemClock });
      store.addGate((revision) => source.caughtUp(revision));
      const follower = follow(source);
      await follower.view.ready;
      follower.hold(true);
      const session = store.session();
      session.transact((tx) => tx.put(other, { key: '1', group: 'a' }));
      await session.durable();
      assert.equal(source.caughtUp(store.revision), undefined);

      session.transact((tx) => tx.put(followed, { key: '1', group: 'a' }));
      let answered = false;
      const reply = session.durable().then(() => {
        answered = true;
      });
      await store.durable();
      await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(answered, false);
      follower.hold(false);
      await reply;
      assert.deepEqual(follower.view.get(followed, '1'), { key: '1', group: 'a' });

      follower.hold(true);
      session.transact((tx) => tx.put(followed, { key: '2', group: 'a' }));
      const waiting = session.durable();
      follower.feed.close();
      await waiting;
      assert.equal(source.caughtUp(store.revision), undefined);
      source.close();
    });
  });
});
