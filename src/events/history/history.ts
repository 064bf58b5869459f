/**
 * The whole history of tasks and services: every change of status, health, containers, deployments and counts, and every
 * service event, kept append-only beyond the hour for which stopped tasks stay in the store.
 *
 * It is fed by the store's durable changes and never holds them up; recorder.ts says what is guaranteed across crashes.
 * It writes nothing to the store and decides nothing. What it keeps of a row is in changes.ts.
 */
import type { Clock, Timer } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Store } from '#store/store.ts';
import type { State } from './changes.ts';
import { type Entry, stateOf, toEntry } from './record.ts';
import { Recorder } from './recorder.ts';
import type { HistoryStorage, ReadOptions, Retention } from './storage.ts';

export interface HistoryOptions {
  readonly storage: HistoryStorage;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly retention?: Partial<Retention>;
}

export interface TaskSummary {
  readonly id: number;
  readonly arn: string;
  /** What its records add up to. */
  readonly state: State;
}

/** Times of an entity's history and its latest state are read as they were written; nothing is kept in memory. */
export interface History {
  /** Follows a store, after catching up with it. To be called once, before anything writes to the store. */
  attach(store: Store): Promise<void>;
  /** Entries of one task or service, those of a moment ago included; none for an ARN that was never recorded. */
  entries(arn: string, options: ReadOptions): Promise<readonly Entry[]>;
  /** A service's tasks, newest first. */
  tasksOfService(serviceArn: string, options: ReadOptions): Promise<readonly TaskSummary[]>;
  /** After the store is closed: everything durable is recorded, so that the next start has nothing to catch up. */
  close(): Promise<void>;
}

const dayMs = 24 * 3_600_000;
export const defaultRetention: Retention = { maxAgeMs: 30 * dayMs, maxBytes: 2 * 2 ** 30 };
/** A stopped task's row stays an hour; its history must outlive it. */
const minAgeMs = 2 * 3_600_000;
/** Longer: the file grows further beyond its limits; shorter: idle work. */
const expireEveryMs = 10 * 60_000;
/** Between the steps of a long removal, so that new records come in between. */
const expireStepMs = 20;
const maxTaskEntries = 1_000;

export function createHistory(options: HistoryOptions): History {
  const { storage, clock, logger } = options;
  const retention = { ...defaultRetention, ...options.retention };
  let recorder: Recorder | undefined;
  let timer: Timer | undefined;
  let closed = false;

  const read = async (arn: string, range: ReadOptions) => (await storage.read(arn, range)).map(toEntry);

  const expireAfter = (delayMs: number) => {
    if (!closed) timer = clock.after(delayMs, () => void expire());
  };

  async function expire(): Promise<void> {
    const beforeMs = clock.now() - Math.max(minAgeMs, retention.maxAgeMs);
    try {
      const { more } = await storage.expire(beforeMs, retention.maxBytes);
      expireAfter(more ? expireStepMs : expireEveryMs);
    } catch (error) {
      if (!closed) logger.error('old history could not be removed', { error });
      expireAfter(expireEveryMs);
    }
  }

  return {
    async attach(store) {
      recorder = new Recorder({ store, storage, clock, logger });
      await recorder.start();
      expireAfter(expireEveryMs);
    },
    async entries(arn, range) {
      await recorder?.flush();
      return read(arn, range);
    },
    async tasksOfService(serviceArn, range) {
      await recorder?.flush();
      const children = await storage.children(serviceArn, range);
      const states = await Promise.all(children.map(({ arn }) => read(arn, { limit: maxTaskEntries })));
      return children.map(({ id, arn }, at) => ({ id, arn, state: stateOf(states[at]!) }));
    },
    async close() {
      closed = true;
      timer?.cancel();
      try {
        await recorder?.close();
      } finally {
        await storage.close();
      }
    },
  };
}
