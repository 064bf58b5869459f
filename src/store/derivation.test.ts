import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { volatileJournal } from './journals/volatile.ts';
import { changeOf, type Derivation, Store } from './store.ts';
import { table } from './table.ts';

interface Thing {
  readonly key: string;
  readonly size: number;
}
const things = table<Thing>()({ name: 'things', key: (row) => row.key, indexes: {} });
const others = table<Thing>()({ name: 'others', key: (row) => row.key, indexes: {} });

/** Sum of sizes over both tables. */
const total: Derivation<{ sum: number }> = {
  tables: [things, others],
  make: () => ({ sum: 0 }),
  apply(derived, change) {
    const { before, after } = changeOf(things, change) ?? changeOf(others, change)!;
    derived.sum += (after?.size ?? 0) - (before?.size ?? 0);
  },
};
const open = (errors: unknown[] = []) =>
  Store.open({
    journal: volatileJournal(),
    tables: [things, others],
    migrations: [],
    onListenerError: (error) => errors.push(error),
  });
const actual = (store: Store) => [...store.all(things), ...store.all(others)].reduce((sum, row) => sum + row.size, 0);

test('property: agrees with the rows after every write, and after transactions that are undone', async () => {
  const write = fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    size: fc.nat(9),
    other: fc.boolean(),
    gone: fc.boolean(),
  });
  const transactions = fc.array(fc.record({ writes: fc.array(write, { maxLength: 5 }), fails: fc.boolean() }));
  await fc.assert(
    fc.asyncProperty(transactions, fc.nat(5), async (list, useFrom) => {
      const store = await open();
      for (const [at, { writes, fails }] of list.entries()) {
        const run = () =>
          store.transact((tx) => {
            for (const { key, size, other, gone } of writes) {
              if (gone) tx.delete(other ? others : things, key);
              else tx.put(other ? others : things, { key, size });
              if (at >= useFrom) {
                const rows = [...tx.all(things), ...tx.all(others)];
                assert.equal(
                  tx.derived(total).sum,
                  rows.reduce((sum, row) => sum + row.size, 0),
                );
              }
            }
            if (fails) throw new Error('undone');
          });
        if (fails) assert.throws(run, /undone/);
        else run();
        if (at >= useFrom) assert.equal(store.derived(total).sum, actual(store));
      }
    }),
  );
});

test('one that throws is reported, dropped and made anew', async () => {
  const errors: unknown[] = [];
  const store = await open(errors);
  let made = 0;
  const frail: Derivation<{ seen: string[] }> = {
    tables: [things],
    make: () => {
      made += 1;
      return { seen: [] };
    },
    apply(derived, change) {
      if (change.before !== undefined) throw new Error('no');
      derived.seen.push(change.key);
    },
  };
  store.derived(frail);
  store.transact((tx) => tx.put(things, { key: 'a', size: 1 }));
  assert.deepEqual(store.derived(frail).seen, ['a']);
  store.transact((tx) => tx.put(things, { key: 'a', size: 2 }));
  assert.equal(errors.length, 1);
  assert.deepEqual([store.derived(frail).seen, made, errors.length], [['a'], 2, 1]);
});

test('a session that used one waits for all that it follows', async () => {
  const store = await open();
  store.transact((tx) => tx.put(others, { key: 'a', size: 1 }));
  const session = store.session();
  session.derived(total);
  await session.durable();
  assert.equal(store.backlog, 0);
});
