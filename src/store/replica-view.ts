/**
 * The tables that `replica.ts` sends, in the process that follows them: a View with the same indexes and sums as the store's,
 * which nobody writes but the channel. What reads a View in the control plane reads this one unchanged.
 */
import { type Derivation, Derivations } from './derivation.ts';
import { MemoryTable } from './memory-table.ts';
import type { ReplicaMessage } from './replica.ts';
import type { Table } from './table.ts';
import type { View } from './view.ts';

// biome-ignore lint/suspicious/noExplicitAny: tables of many row types
type AnyTable = Table<any>;

export class ReplicaView implements View {
  readonly #tables = new Map<string, MemoryTable<unknown>>();
  readonly #tableRevisions = new Map<string, number>();
  readonly #derivations: Derivations;
  #revision = -1;
  #waiting: { readonly revision: number; readonly resolve: () => void }[] = [];
  #ready!: () => void;
  /** Resolves when the beginning is there. */
  readonly ready: Promise<void>;

  constructor(tables: readonly AnyTable[], onError: (error: unknown) => void) {
    for (const table of tables) this.#tables.set(table.name, new MemoryTable(table));
    this.#derivations = new Derivations(this.#tables, onError);
    this.ready = new Promise((resolve) => {
      this.#ready = resolve;
    });
  }

  /** -1 before the beginning is there. */
  get revision(): number {
    return this.#revision;
  }

  /** Answers the revision to acknowledge, if any. */
  apply(message: ReplicaMessage): number | undefined {
    for (const { table, key, row } of message.rows) {
      this.#tables.get(table)?.set(key, row);
      this.#tableRevisions.set(table, message.revision);
    }
    if (message.kind === 'rows' && !message.last) return undefined;
    this.#revision = message.revision;
    if (message.kind === 'rows') this.#ready();
    const waiting = this.#waiting;
    if (waiting.length > 0) {
      this.#waiting = waiting.filter((waiter) => waiter.revision > message.revision);
      for (const waiter of waiting) if (waiter.revision <= message.revision) waiter.resolve();
    }
    return this.#revision;
  }

  /** The revision at which a table last changed; 0 when it never has. */
  tableRevision(table: { readonly name: string }): number {
    return this.#tableRevisions.get(table.name) ?? 0;
  }

  /** Resolves when the view stands at `revision` or later. */
  until(revision: number): Promise<void> {
    if (this.#revision >= revision) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ revision, resolve }));
  }

  #table<R>(table: Table<R>): MemoryTable<R> {
    const found = this.#tables.get(table.name);
    if (!found) throw new Error(`the table ${table.name} is not followed here`);
    return found as MemoryTable<R>;
  }

  get<R>(table: Table<R>, key: string): R | undefined {
    return this.#table(table).rows.get(key);
  }

  *#walk<R>(table: MemoryTable<R>, keys: Iterable<string>): Generator<R> {
    for (const key of keys) yield table.rows.get(key)!;
  }

  find<R, I extends string>(table: Table<R, I>, index: I, value: string, after?: string): Iterable<R> {
    const memory = this.#table(table as unknown as Table<R>);
    return this.#walk(memory, memory.keys(index, value)?.from(after) ?? []);
  }

  count<R, I extends string>(table: Table<R, I>, index: I, value: string): number {
    return this.#table(table as unknown as Table<R>).keys(index, value)?.size ?? 0;
  }

  all<R>(table: Table<R>, after?: string): Iterable<R> {
    const memory = this.#table(table);
    return this.#walk(memory, memory.keys()!.from(after));
  }

  sum<R, S extends string>(table: Table<R, string, S>, name: S, group: string): Record<string, number> {
    return this.#table(table as unknown as Table<R>).sum(name, group);
  }

  derived<T>(derivation: Derivation<T>): T {
    return this.#derivations.get(derivation);
  }
}
