import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Journal, JournalBatch } from './journal.ts';
import { openSqliteJournal } from './journals/sqlite.ts';
import { volatileJournal } from './journals/volatile.ts';
import type { Migration } from './migrations.ts';
import { Store, type StoreOptions } from './store.ts';
import { table } from './table.ts';
import { allTables } from './tables/all.ts';
import type { Tx } from './view.ts';

interface Thing {
  readonly key: string;
  readonly size: number;
}
const things = table<Thing>()({ name: 'things', key: (row) => row.key, indexes: {} });
const others = table<Thing>()({ name: 'others', key: (row) => row.key, indexes: {} });
const thing = (key: string, size = 0): Thing => ({ key, size });

const openStore = (options: Partial<StoreOptions> = {}) =>
  Store.open({ journal: volatileJournal(), tables: [things, others], migrations: [], ...options });

/** Holds every append until it is let through, or fails it. */
function heldJournal(): Journal & { batches: JournalBatch[]; settle(error?: Error): void } {
  const held: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const batches: JournalBatch[] = [];
  return {
    ...volatileJournal(),
    head: async () => ({ revision: 0, schemaVersion: 1 }),
    append: (batch) => {
      batches.push(batch);
      return new Promise((resolve, reject) => held.push({ resolve, reject }));
    },
    batches,
    settle: (error) => (error ? held.shift()?.reject(error) : held.shift()?.resolve()),
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const isSettled = async (promise: Promise<unknown>) => {
  let settled = false;
  const mark = () => {
    settled = true;
  };
  promise.then(mark, mark);
  await turn();
  return settled;
};

describe('transactions', () => {
  it('do not nest, also when the inner refusal is caught', async () => {
    const store = await openStore();
    store.transact((tx) => {
      tx.put(things, thing('outer'));
      assert.throws(() => store.transact((inner) => inner.put(things, thing('inner'))), /do not nest/);
    });
    assert.deepEqual([...store.all(things)], [thing('outer')]);
  });

  it('must be synchronous, and are useless once they have ended', async () => {
    const store = await openStore();
    let late: Promise<unknown> | undefined;
    let kept: Tx | undefined;
    const run = () =>
      store.transact((tx) => {
        kept = tx;
        late = (async () => {
          tx.put(things, thing('before'));
          await turn();
          tx.put(things, thing('after'));
        })();
        return late;
      });
    assert.throws(run, /synchronous/);
    await assert.rejects(late!, /has ended/);
    assert.throws(() => kept!.delete(things, 'before'), /has ended/);
    assert.deepEqual([...store.all(things)], []);
    assert.equal(store.revision, 1);
  });

  it('refuse a taken key, a missing row and a changed key, and then have done nothing', async () => {
    const store = await openStore();
    store.transact((tx) => tx.insert(things, thing('a', 1)));
    const failing: [RegExp, (tx: Tx) => unknown][] = [
      [/has a row a already/, (tx) => tx.insert(things, thing('a'))],
      [/has no row b/, (tx) => tx.update(things, 'b', (row) => row)],
      [/changed the key a/, (tx) => tx.update(things, 'a', () => thing('b'))],
    ];
    for (const [message, fail] of failing) {
      const run = () =>
        store.transact((tx) => {
          tx.delete(things, 'a');
          tx.put(things, thing('a', 2));
          tx.put(things, thing('c'));
          fail(tx);
        });
      assert.throws(run, message);
      assert.deepEqual([...store.all(things)], [thing('a', 1)]);
    }
    assert.equal(store.revision, 2);
  });

  it('are refused while the journal is too far behind', async () => {
    const journal = heldJournal();
    const store = await openStore({ journal, maxBacklog: 2 });
    const put = (key: string) => store.transact((tx) => tx.put(things, thing(key)));
    put('a');
    put('b');
    assert.throws(() => put('c'), /2 changes behind/);
    await turn();
    journal.settle();
    await store.durable();
    put('c');
    assert.equal(store.backlog, 1);
  });
});

describe('the change feed', () => {
  it('comes in order to everybody when a listener writes', async () => {
    const store = await openStore();
    const seen: number[] = [];
    store.subscribe('committed', ({ revision }) => {
      if (revision < 5) store.transact((tx) => tx.put(things, thing(`after ${revision}`)));
    });
    store.subscribe('committed', ({ revision }) => seen.push(revision));
    store.transact((tx) => tx.put(things, thing('first')));
    assert.deepEqual(seen, [2, 3, 4, 5]);
  });

  it('goes on when a listener throws, and reports it', async () => {
    const errors: unknown[] = [];
    const store = await openStore({ onListenerError: (error) => errors.push(error) });
    const failure = new Error('listener');
    const seen: string[] = [];
    for (const when of ['committed', 'durable'] as const) {
      store.subscribe(when, () => {
        throw failure;
      });
      store.subscribe(when, () => seen.push(when));
    }
    store.transact((tx) => tx.put(things, thing('a')));
    await store.durable();
    store.transact((tx) => tx.put(things, thing('a', 1)));
    await store.durable();
    assert.deepEqual(seen, ['committed', 'durable', 'committed', 'durable']);
    assert.deepEqual(errors, [failure, failure, failure, failure]);
  });

  it('says nothing of failed or empty transactions, and ends with its subscription', async () => {
    const store = await openStore();
    const seen: number[] = [];
    const end = store.subscribe('committed', ({ revision }) => seen.push(revision));
    store.transact((tx) => tx.delete(things, 'nobody'));
    assert.throws(() =>
      store.transact((tx) => {
        tx.put(things, thing('a'));
        throw new Error('fails');
      }),
    );
    end();
    store.transact((tx) => tx.put(things, thing('b')));
    assert.deepEqual(seen, []);
  });
});

describe('durability', () => {
  it('gathers what is committed meanwhile, each row once, and closes a batch where a transaction ends', async () => {
    const journal = heldJournal();
    const store = await openStore({ journal });
    const put = (...rows: Thing[]) => store.transact((tx) => rows.forEach((row) => void tx.put(things, row)));
    put(thing('a', 1));
    await turn();
    put(thing('a', 2));
    put(thing('a', 3), thing('b'));
    put(...Array.from({ length: 3000 }, (_, at) => thing(`bulk ${at}`)));
    put(thing('a', 4));
    for (let i = 0; i < 3; i++) {
      journal.settle();
      await turn();
    }
    await store.durable();
    assert.deepEqual(
      journal.batches.map(({ revision, changes }) => [revision, changes.length]),
      [
        [1, 1],
        [4, 3002],
        [5, 1],
      ],
    );
    const values = journal.batches.map(({ changes }) => changes.find(({ id }) => id === 1)?.value);
    assert.deepEqual(
      values,
      [1, 3, 4].map((size) => JSON.stringify(thing('a', size))),
    );
  });

  it('lets a session wait for what it read and wrote, and for nothing else', async () => {
    const journal = heldJournal();
    const store = await openStore({ journal });
    store.transact((tx) => tx.put(things, thing('a')));
    await turn();
    const [reader, walker, stranger, writer] = [store.session(), store.session(), store.session(), store.session()];
    reader.get(things, 'a');
    assert.equal([...walker.all(things)].length, 1);
    assert.equal(stranger.get(others, 'a'), undefined);
    writer.transact((tx) => tx.put(others, thing('b')));
    assert.equal(await isSettled(stranger.durable()), true);
    assert.equal(await isSettled(reader.durable()), false);
    assert.equal(await isSettled(walker.durable()), false);
    journal.settle();
    assert.equal(await isSettled(reader.durable()), true);
    assert.equal(await isSettled(walker.durable()), true);
    assert.equal(await isSettled(writer.durable()), false);
    journal.settle();
    assert.equal(await isSettled(writer.durable()), true);
  });

  it('stops the store for good when the journal fails', async () => {
    const journal = heldJournal();
    const store = await openStore({ journal });
    const durable: number[] = [];
    store.subscribe('durable', ({ revision }) => durable.push(revision));
    store.transact((tx) => tx.put(things, thing('a')));
    await turn();
    store.transact((tx) => tx.put(things, thing('b')));
    const waits = [store.durable(1), store.durable(2)];
    const cause = new Error('no space');
    journal.settle(cause);
    for (const wait of waits) await assert.rejects(wait, { message: /the store has stopped/, cause });
    assert.equal((await store.failed).cause, cause);
    await assert.rejects(store.durable(), { cause });
    assert.throws(() => store.transact(() => {}), { cause });
    assert.deepEqual(durable, []);
    assert.equal(journal.batches.length, 1);
    await store.close();
  });

  it('is reached before close resolves, and nothing is taken after', async () => {
    const journal = heldJournal();
    const store = await openStore({ journal });
    store.transact((tx) => tx.put(things, thing('a')));
    const closing = Promise.all([store.close(), store.close()]);
    assert.throws(() => store.transact(() => {}), /closed/);
    assert.equal(await isSettled(closing), false);
    journal.settle();
    await closing;
  });
});

describe('opening', () => {
  function place(t: TestContext) {
    const directory = mkdtempSync(join(tmpdir(), 'slipway-store-'));
    t.after(() => rmSync(directory, { recursive: true }));
    return async (options: Partial<StoreOptions> = {}) =>
      openStore({ journal: await openSqliteJournal({ path: join(directory, 'state.db') }), ...options });
  }

  it('brings back rows, and gives new ones ids of their own', async (t) => {
    const open = place(t);
    for (let round = 0; round < 3; round++) {
      const store = await open();
      assert.deepEqual(
        [...store.all(things)].map((row) => row.size),
        Array(round)
          .fill(0)
          .map((_, at) => at),
      );
      store.transact((tx) => tx.insert(things, thing(`k${round}`, round)));
      store.transact((tx) => tx.put(others, thing('same', round)));
      await store.close();
    }
  });

  it('applies each migration once, durably', async (t) => {
    const open = place(t);
    let store = await open();
    store.transact((tx) => ['a', 'b', 'drop'].forEach((key) => void tx.put(things, thing(key, 1))));
    await store.close();
    const double: Migration = (name, row) =>
      name === 'things' ? { ...(row as Thing), size: (row as Thing).size * 2 } : row;
    const rename: Migration = (_, row) => {
      const { key, size } = row as Thing;
      return key === 'drop' ? undefined : thing(`new ${key}`, size);
    };
    for (let round = 0; round < 2; round++) {
      store = await open({ migrations: [double, rename] });
      assert.deepEqual([...store.all(things)], [thing('new a', 2), thing('new b', 2)]);
      await store.close();
    }
    await assert.rejects(open({ migrations: [double] }), /newer Slipway \(schema version 3; this one knows 2\)/);
  });

  it('leaves everything as it was when a migration fails', async (t) => {
    const open = place(t);
    let store = await open();
    store.transact((tx) => tx.put(things, thing('a', 1)));
    await store.close();
    const fail: Migration = () => {
      throw new Error('not prepared for this');
    };
    await assert.rejects(open({ migrations: [fail] }), /row 1 of things cannot be loaded: not prepared for this/);
    store = await open();
    assert.deepEqual([...store.all(things)], [thing('a', 1)]);
    await store.close();
  });

  it('refuses unknown tables, unreadable rows and two rows of one key, and lets go of the file', async (t) => {
    const open = place(t);
    const store = await open();
    store.transact((tx) => tx.put(others, thing('a')));
    await store.close();
    await assert.rejects(open({ tables: [things] }), /row 1 of others cannot be loaded: the table is unknown/);
    const holding = (...values: string[]): Journal => ({
      ...volatileJournal(),
      load: async (onRow) => {
        for (const [at, value] of values.entries()) onRow(at + 1, 'things', value);
      },
    });
    await assert.rejects(openStore({ journal: holding('{') }), /row 1 of things cannot be loaded/);
    await assert.rejects(openStore({ journal: holding('{}') }), /row 1 of things cannot be loaded: it has no key/);
    const row = JSON.stringify(thing('a'));
    await assert.rejects(openStore({ journal: holding(row, row) }), /row 2 of things .* key a is taken by row 1/);
    await (await open()).close();
  });

  it('knows every table by one name', () => {
    assert.equal(new Set(allTables.map((each) => each.name)).size, allTables.length);
  });
});
