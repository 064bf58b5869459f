/** Random transactions, some of which fail, against a model that keeps plain rows and recomputes everything. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Journal, JournalBatch } from './journal.ts';
import { Store } from './store.ts';
import { table } from './table.ts';

interface Thing {
  readonly key: string;
  readonly colour: string | undefined;
  readonly labels: readonly string[];
  readonly size: number;
}

const colours = ['red', 'green', 'blue'];
const labels = ['a', 'b', 'c'];
const things = table<Thing>()({
  name: 'things',
  key: (row) => row.key,
  indexes: {
    byColour: (row) => row.colour,
    byLabel: (row) => {
      if (row.size === 13) throw new Error('an unlucky row');
      return row.labels;
    },
  },
  sums: { byColour: { group: (row) => row.colour, measures: { size: (row) => row.size, odd: (row) => row.size % 2 } } },
});

/** A journal that keeps what it was given, in memory, and fails when told to. */
class MemoryJournal implements Journal {
  readonly rows = new Map<number, { table: string; value: string }>();
  readonly batches: JournalBatch[] = [];
  #head = { revision: 0, schemaVersion: 0 };
  failing: Error | undefined;
  head = async () => this.#head;
  load = async (onRow: (id: number, table: string, value: string) => void) => {
    for (const [id, row] of this.rows) onRow(id, row.table, row.value);
  };
  append = async (batch: JournalBatch) => {
    await Promise.resolve();
    if (this.failing) throw this.failing;
    assert.ok(batch.revision > this.#head.revision);
    assert.equal(new Set(batch.changes.map((change) => change.id)).size, batch.changes.length);
    this.batches.push(batch);
    this.#head = { revision: batch.revision, schemaVersion: batch.schemaVersion ?? this.#head.schemaVersion };
    for (const { id, table: name, value } of batch.changes) {
      if (value === null) this.rows.delete(id);
      else this.rows.set(id, { table: name, value });
    }
  };
  close = async () => {};
}

type Action = { readonly kind: 'insert' | 'put' | 'update' | 'delete'; readonly row: Thing };
const thing: fc.Arbitrary<Thing> = fc.record({
  key: fc.integer({ min: 0, max: 30 }).map((number) => `k${number}`),
  colour: fc.option(fc.constantFrom(...colours), { nil: undefined }),
  labels: fc.array(fc.constantFrom(...labels), { maxLength: 4 }),
  size: fc.integer({ min: 0, max: 13 }),
});
const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.constantFrom('insert', 'put', 'put', 'update', 'delete'),
  row: thing,
});
const transaction = fc.record({
  actions: fc.array(action, { maxLength: 6 }),
  fails: fc.boolean(),
  waits: fc.boolean(),
});

/** Applies the actions to plain rows; undefined when one of them must fail. */
function expectedAfter(rows: ReadonlyMap<string, Thing>, actions: readonly Action[]): Map<string, Thing> | undefined {
  const next = new Map(rows);
  for (const { kind, row } of actions) {
    if (kind === 'delete') {
      next.delete(row.key);
      continue;
    }
    if (kind === 'insert' && next.has(row.key)) return undefined;
    if (kind === 'update' && !next.has(row.key)) return undefined;
    if (row.size === 13) return undefined;
    next.set(row.key, row);
  }
  return next;
}

function assertAgrees(store: Store, rows: ReadonlyMap<string, Thing>): void {
  const sorted = [...rows.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  assert.deepEqual([...store.all(things)], sorted);
  for (const after of ['k15', 'k2x', '', 'z']) {
    assert.deepEqual(
      [...store.all(things, after)],
      sorted.filter((row) => row.key > after),
    );
  }
  for (const colour of colours) {
    const expected = sorted.filter((row) => row.colour === colour);
    assert.deepEqual([...store.find(things, 'byColour', colour)], expected);
    assert.equal(store.count(things, 'byColour', colour), expected.length);
    assert.deepEqual(store.sum(things, 'byColour', colour), {
      size: expected.reduce((total, row) => total + row.size, 0),
      odd: expected.reduce((total, row) => total + (row.size % 2), 0),
    });
  }
  for (const label of labels) {
    const expected = sorted.filter((row) => row.labels.includes(label));
    assert.deepEqual(
      [...store.find(things, 'byLabel', label, 'k15')],
      expected.filter((row) => row.key > 'k15'),
    );
    assert.equal(store.count(things, 'byLabel', label), expected.length);
  }
}

const asStored = (rows: ReadonlyMap<string, Thing>) =>
  new Map([...rows].map(([key, row]) => [key, JSON.parse(JSON.stringify(row)) as Thing]));

describe('store', () => {
  it('agrees with a naive model, in memory and after it is opened again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(transaction, { maxLength: 40 }), async (transactions) => {
        const journal = new MemoryJournal();
        const store = await Store.open({ journal, tables: [things], migrations: [] });
        let rows = new Map<string, Thing>();
        const seen: number[] = [];
        const durable: number[] = [];
        store.subscribe('committed', ({ revision }) => seen.push(revision));
        store.subscribe('durable', ({ revision }) => durable.push(revision));
        for (const { actions, fails, waits } of transactions) {
          const expected = fails ? undefined : expectedAfter(rows, actions);
          const run = () =>
            store.transact((tx) => {
              for (const { kind, row } of actions) {
                if (kind === 'delete') tx.delete(things, row.key);
                else if (kind === 'update') tx.update(things, row.key, () => row);
                else tx[kind](things, row);
              }
              if (fails) throw new Error('fails at the end');
            });
          if (expected) run();
          else assert.throws(run);
          rows = expected ?? rows;
          assertAgrees(store, rows);
          if (waits) await store.durable();
        }
        await store.durable();
        assert.equal(store.backlog, 0);
        assert.deepEqual(durable, seen);
        assert.deepEqual(
          seen,
          [...seen].sort((a, b) => a - b),
        );
        assert.equal(journal.rows.size, rows.size);
        const again = await Store.open({ journal, tables: [things], migrations: [] });
        assertAgrees(again, asStored(rows));
      }),
      { numRuns: 150 },
    );
  });

  it('walks soundly while the table changes', () => {
    const step = fc.record({ every: fc.integer({ min: 1, max: 3 }), row: thing });
    return fc.assert(
      fc.asyncProperty(fc.uniqueArray(thing, { selector: (row) => row.key }), fc.array(step), async (start, steps) => {
        const store = await Store.open({ journal: new MemoryJournal(), tables: [things], migrations: [] });
        const usable = start.filter((row) => row.size !== 13);
        store.transact((tx) => {
          for (const row of usable) tx.put(things, row);
        });
        const touched = new Set(steps.map(({ row }) => row.key));
        const left = [...steps];
        const walked: string[] = [];
        for (const row of store.all(things)) {
          assert.ok(row, 'a row that is gone was answered');
          walked.push(row.key);
          const next = left.shift();
          if (!next || next.row.size === 13) continue;
          store.transact((tx) => {
            if (next.every === 1) tx.delete(things, next.row.key);
            else tx.put(things, next.row);
          });
        }
        assert.deepEqual(walked, [...new Set(walked)].sort());
        for (const row of usable) if (!touched.has(row.key)) assert.ok(walked.includes(row.key), row.key);
      }),
    );
  });
});
