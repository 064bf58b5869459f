/**
 * Some tables of the store, kept in another process of ours: first all their rows, then every change once it is durable. This
 * is the side of the store; `replica-view.ts` is the other one.
 *
 * - A follower sees whole transactions, in order, and only what is durable.
 * - `caughtUp(revision)` is what a reply waits for that must be read back at once in the other process. It costs nothing
 *   when no followed table has changed, and it never waits for a follower that has gone.
 * - What goes over the channel is structured data (`ReplicaMessage`); rows are plain values.
 */
import type { Clock } from '#lib/clock.ts';
import type { Change, ChangeSet, Store } from './store.ts';
import type { Table } from './table.ts';

export interface ReplicaRow {
  readonly table: string;
  readonly key: string;
  /** Absent when the row is gone. */
  readonly row?: unknown;
}

export type ReplicaMessage =
  /** One of the parts of the beginning; after the last one the follower stands at `revision`. */
  | { readonly kind: 'rows'; readonly rows: readonly ReplicaRow[]; readonly last: boolean; readonly revision: number }
  /** What a batch of transactions changed. */
  | { readonly kind: 'changes'; readonly rows: readonly ReplicaRow[]; readonly revision: number };

/** Larger: the follower does nothing else for longer; smaller: more messages. */
const rowsPerMessage = 2_000;
/** A follower that has not answered by then is not waited for: it is stuck, and its supervisor will end it. */
const patienceMs = 2_000;

export interface ReplicaFeed {
  /** The follower stands at `revision`. */
  acknowledge(revision: number): void;
  /** The follower has gone: nobody waits for it any more. */
  close(): void;
}

export interface ReplicaSource {
  /** Begins to send. `send` gets messages in order and must not throw. */
  attach(send: (message: ReplicaMessage) => void): ReplicaFeed;
  /** Undefined when there is nothing to wait for. Resolves when every living follower has what was durable at `revision`. */
  caughtUp(revision: number): Promise<void> | undefined;
  /** Of the newest transaction that changed a followed table: every follower comes to it. */
  readonly revision: number;
  close(): void;
}

interface Waiter {
  readonly revision: number;
  readonly resolve: () => void;
}

interface Follower {
  /** The beginning has been sent. */
  started: boolean;
  acknowledged: number;
  closed: boolean;
  waiting: Waiter[];
}

export function createReplicaSource(options: {
  readonly store: Store;
  // biome-ignore lint/suspicious/noExplicitAny: tables of many row types
  readonly tables: readonly Table<any>[];
  readonly clock: Clock;
}): ReplicaSource {
  const { store, tables, clock } = options;
  const names = new Set(tables.map((table) => table.name));
  const followers = new Set<Follower & { readonly send: (message: ReplicaMessage) => void }>();
  /** Of the newest transaction that changed a followed table. */
  let changedAt = 0;

  const rowsOf = (changes: readonly Change[]): ReplicaRow[] => {
    const rows: ReplicaRow[] = [];
    for (const { table, key, after } of changes) {
      if (names.has(table)) rows.push(after === undefined ? { table, key } : { table, key, row: after });
    }
    return rows;
  };

  const unsubscribe = [
    store.subscribe('committed', ({ revision, changes }: ChangeSet) => {
      if (changes.some(({ table }) => names.has(table))) changedAt = revision;
    }),
    store.subscribe('durable', ({ revision, changes }: ChangeSet) => {
      if (followers.size === 0) return;
      const rows = rowsOf(changes);
      if (rows.length === 0) return;
      for (const follower of followers) if (follower.started) follower.send({ kind: 'changes', rows, revision });
    }),
  ];

  const everyRow = (): ReplicaRow[] => {
    const rows: ReplicaRow[] = [];
    for (const table of tables) {
      for (const row of store.all(table)) rows.push({ table: table.name, key: table.key(row), row });
    }
    return rows;
  };

  /** The rows are taken at once, and sent when that state is durable; later changes come after them. */
  const begin = async (follower: Follower & { readonly send: (message: ReplicaMessage) => void }) => {
    const missed: ChangeSet[] = [];
    const { revision } = store;
    const stop = store.subscribe('durable', (set) => missed.push(set));
    try {
      const rows = everyRow();
      await store.durable(revision);
      for (let at = 0; at === 0 || at < rows.length; at += rowsPerMessage) {
        if (follower.closed) return;
        const last = at + rowsPerMessage >= rows.length;
        follower.send({ kind: 'rows', rows: rows.slice(at, at + rowsPerMessage), last, revision });
      }
      for (const set of missed) {
        if (set.revision > revision) {
          follower.send({ kind: 'changes', rows: rowsOf(set.changes), revision: set.revision });
        }
      }
      follower.started = true;
    } finally {
      stop();
    }
  };

  const release = (follower: Follower) => {
    const waiting = follower.waiting;
    follower.waiting = [];
    for (const waiter of waiting) {
      if (follower.closed || waiter.revision <= follower.acknowledged) waiter.resolve();
      else follower.waiting.push(waiter);
    }
  };

  const wait = (follower: Follower, revision: number) =>
    new Promise<void>((resolve) => {
      const timer = clock.after(patienceMs, resolve);
      follower.waiting.push({
        revision,
        resolve: () => {
          timer.cancel();
          resolve();
        },
      });
    });

  return {
    attach(send) {
      const follower = { started: false, acknowledged: -1, closed: false, waiting: [], send };
      followers.add(follower);
      // When the store has failed the process ends, and this follower with it.
      begin(follower).catch(() => {});
      return {
        acknowledge(revision) {
          follower.acknowledged = Math.max(follower.acknowledged, revision);
          release(follower);
        },
        close() {
          follower.closed = true;
          followers.delete(follower);
          release(follower);
        },
      };
    },
    caughtUp(revision) {
      const needed = Math.min(revision, changedAt);
      let waits: Promise<void>[] | undefined;
      for (const follower of followers) {
        // One that is still beginning serves nobody yet.
        if (!follower.started || follower.acknowledged >= needed) continue;
        waits ??= [];
        waits.push(wait(follower, needed));
      }
      return waits && Promise.all(waits).then(() => undefined);
    },
    get revision() {
      return changedAt;
    },
    close() {
      for (const stop of unsubscribe) stop();
      for (const follower of followers) {
        follower.closed = true;
        release(follower);
      }
      followers.clear();
    },
  };
}
