/**
 * One table in memory: rows by key, secondary indexes as sorted key sets, sums kept as running totals. `set` is the only
 * way a row changes, so indexes and sums always agree with the rows; a row that they cannot read is refused before
 * anything changes.
 */
import { SortedKeys } from './sorted-keys.ts';
import type { Table } from './table.ts';
import type { Change } from './view.ts';

type IndexValues = string | readonly string[] | undefined;

interface IndexState<R> {
  readonly values: (row: R) => IndexValues;
  readonly buckets: Map<string, SortedKeys>;
  /** Of the row that is being set. */
  next: IndexValues;
}

interface Total {
  rows: number;
  readonly sums: number[];
}

interface SumState<R> {
  readonly group: (row: R) => string | undefined;
  readonly names: readonly string[];
  readonly measures: readonly ((row: R) => number)[];
  readonly totals: Map<string, Total>;
  /** Of the row that is being set. */
  nextGroup: string | undefined;
  readonly next: number[];
}

export class MemoryTable<R> {
  readonly definition: Table<R>;
  readonly rows = new Map<string, R>();
  /** By key, the number under which the journal knows a row. */
  readonly ids = new Map<string, number>();
  /** Hear of every change when it is done; they do not throw. */
  followers: readonly ((change: Change) => void)[] = [];
  readonly #keys = new SortedKeys();
  readonly #indexes = new Map<string, IndexState<R>>();
  readonly #sums = new Map<string, SumState<R>>();
  readonly #indexList: readonly IndexState<R>[];
  readonly #sumList: readonly SumState<R>[];

  constructor(definition: Table<R>) {
    this.definition = definition;
    for (const [name, values] of Object.entries(definition.indexes)) {
      this.#indexes.set(name, { values, buckets: new Map(), next: undefined });
    }
    for (const [name, sum] of Object.entries(definition.sums)) {
      const measures = Object.values(sum.measures);
      const names = Object.keys(sum.measures);
      const next = measures.map(() => 0);
      this.#sums.set(name, { group: sum.group, names, measures, totals: new Map(), nextGroup: undefined, next });
    }
    this.#indexList = [...this.#indexes.values()];
    this.#sumList = [...this.#sums.values()];
  }

  /** Puts `row` at `key`, or removes it when undefined; answers what was there before. */
  set(key: string, row: R | undefined): R | undefined {
    const before = this.rows.get(key);
    if (row === undefined && before === undefined) return undefined;
    this.#readNext(row);
    if (row === undefined) {
      this.rows.delete(key);
      this.#keys.delete(key);
    } else {
      this.rows.set(key, row);
      if (before === undefined) this.#keys.add(key);
    }
    for (const index of this.#indexList) reindex(index, key, before === undefined ? undefined : index.values(before));
    for (const sum of this.#sumList) resum(sum, before);
    for (const follow of this.followers) follow({ table: this.definition.name, key, before, after: row });
    return before;
  }

  /** Calls every function of the definition that may throw on a bad row, before anything is changed. */
  #readNext(row: R | undefined): void {
    for (const index of this.#indexList) index.next = row === undefined ? undefined : index.values(row);
    for (const sum of this.#sumList) {
      sum.nextGroup = row === undefined ? undefined : sum.group(row);
      if (row === undefined || sum.nextGroup === undefined) continue;
      for (let i = 0; i < sum.measures.length; i++) {
        const value = sum.measures[i]!(row);
        if (!Number.isSafeInteger(value)) {
          throw new Error(`${this.definition.name}: ${sum.names[i]} must be a whole number, but is ${value}`);
        }
        sum.next[i] = value;
      }
    }
  }

  /** Sorted keys under `value` of an index, or of the whole table. */
  keys(index?: string, value?: string): SortedKeys | undefined {
    if (index === undefined) return this.#keys;
    const state = this.#indexes.get(index);
    if (!state) throw new Error(`table ${this.definition.name} has no index ${index}`);
    return state.buckets.get(value!);
  }

  sum(name: string, group: string): Record<string, number> {
    const state = this.#sums.get(name);
    if (!state) throw new Error(`table ${this.definition.name} has no sum ${name}`);
    const total = state.totals.get(group);
    const sums: Record<string, number> = {};
    for (let i = 0; i < state.names.length; i++) sums[state.names[i]!] = total?.sums[i] ?? 0;
    return sums;
  }
}

const none: readonly string[] = [];

/** The values without repetition: a row is in a bucket once. */
function listOf(values: IndexValues): readonly string[] {
  if (values === undefined) return none;
  if (typeof values === 'string') return [values];
  return values.length < 2 ? values : [...new Set(values)];
}

function isSame(a: IndexValues, b: IndexValues): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function reindex<R>(index: IndexState<R>, key: string, old: IndexValues): void {
  const next = index.next;
  if (isSame(old, next)) return;
  const oldValues = listOf(old);
  const newValues = listOf(next);
  for (const value of oldValues) {
    if (newValues.includes(value)) continue;
    const bucket = index.buckets.get(value);
    bucket?.delete(key);
    if (bucket?.size === 0) index.buckets.delete(value);
  }
  for (const value of newValues) {
    if (oldValues.includes(value)) continue;
    let bucket = index.buckets.get(value);
    if (!bucket) {
      bucket = new SortedKeys();
      index.buckets.set(value, bucket);
    }
    bucket.add(key);
  }
}

/** Takes the row before out of its group's totals and the next one in; touches nothing when that is the same. */
function resum<R>(sum: SumState<R>, before: R | undefined): void {
  const { measures, next, nextGroup, totals } = sum;
  const group = before === undefined ? undefined : sum.group(before);
  if (group !== undefined && group === nextGroup) {
    let total: Total | undefined;
    for (let i = 0; i < measures.length; i++) {
      const difference = next[i]! - measures[i]!(before!);
      if (difference === 0) continue;
      total ??= totals.get(group)!;
      total.sums[i]! += difference;
    }
    return;
  }
  if (group !== undefined) {
    const total = totals.get(group)!;
    total.rows -= 1;
    for (let i = 0; i < measures.length; i++) total.sums[i]! -= measures[i]!(before!);
    if (total.rows === 0) totals.delete(group);
  }
  if (nextGroup !== undefined) {
    const total = totals.get(nextGroup);
    if (!total) {
      totals.set(nextGroup, { rows: 1, sums: next.slice() });
      return;
    }
    total.rows += 1;
    for (let i = 0; i < next.length; i++) total.sums[i]! += next[i]!;
  }
}
