/**
 * Takes the store's durable changes to the history storage, in order, in batches, without ever holding up the store.
 *
 * What waits is bounded. When the storage is too slow or fails, the recorder stops keeping changes one by one and only
 * remembers which rows changed; when it can write again it records, for each of them, what the row has become since (one
 * CAUGHT_UP record). The same catching up runs at the start, over all rows, after a process died between a change being
 * durable and its record being written. So:
 *
 * - a change that was recorded is never recorded again, and no row's latest state is ever missing for good;
 * - while the process lives and the storage keeps up, each change has exactly one record;
 * - after a crash the changes of the last moments (`gatherMs` and one batch) may be one record instead of several.
 */
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { ServiceEventRow, ServiceRow, TaskRow } from '#model/rows.ts';
import type { ChangeSet, Store } from '#store/store.ts';
import { serviceEvents, services, tasks } from '#store/tables/ecs.ts';
import { catchUpService, catchUpTask, recordEvent, recordService, recordTask, stateOf, toEntry } from './record.ts';
import type { HistoryStorage, NewRecord } from './storage.ts';

export interface RecorderDeps {
  readonly store: Store;
  readonly storage: HistoryStorage;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Records that may wait; by default 50,000. */
  readonly maxWaiting?: number;
}

/** A change of one row, as it came by the feed. */
interface Taken {
  readonly arn: string;
  readonly table: string;
  readonly before: unknown;
  readonly after: unknown;
  /** When it came, epoch milliseconds. */
  readonly at: number;
}

function recordOf({ table, before, after, at }: Taken): NewRecord | undefined {
  if (table === tasks.name) return recordTask(before as TaskRow | undefined, after as TaskRow, at);
  if (table === services.name) return recordService(before as ServiceRow | undefined, after as ServiceRow, at);
  return recordEvent(after as ServiceEventRow);
}

/** Longer: more is lost of the order of things in a crash; shorter: more fsyncs beside the journal's own. */
const gatherMs = 50;
/** More: a batch holds the event loop longer while it is made; fewer: more fsyncs. */
const maxBatch = 2_000;
const catchUpSlice = 500;
/** After the storage failed. */
const retryMs = 5_000;
const recordedTables: ReadonlySet<string> = new Set([tasks.name, services.name, serviceEvents.name]);
/** Of a task, read to know its last state; beyond it, what had changed may be said again. */
const maxStateRecords = 10_000;

export class Recorder {
  readonly #deps: RecorderDeps;
  readonly #maxWaiting: number;
  #waiting: Taken[] = [];
  #revision = 0;
  /** Rows whose changes were not kept: ARNs of tasks and services. */
  readonly #behind = new Set<string>();
  /** Rows that were caught up at a revision whose changes may still come by the feed. */
  readonly #caughtUp = new Map<string, number>();
  #writing: Promise<void> | undefined;
  #timerSet = false;
  #pausedUntilMs = 0;
  #unsubscribe = () => {};
  #closed = false;

  constructor(deps: RecorderDeps) {
    this.#deps = deps;
    this.#maxWaiting = deps.maxWaiting ?? 50_000;
  }

  /** Catches up with what is in the store, then follows it. To be called before anything else writes. */
  async start(): Promise<void> {
    const { store, storage } = this.#deps;
    this.#revision = store.revision;
    this.#unsubscribe = store.subscribe('durable', (set) => this.#take(set));
    if ((await storage.revision()) === this.#revision) return;
    await this.#catchUpAll();
  }

  /** Resolves when everything that the feed has brought so far was tried to be written. */
  async flush(): Promise<void> {
    if (this.#writing) await this.#writing;
    if (this.#hasWork() && !this.#isPaused()) await this.#write();
  }

  /** To be called when the store is closed, so that its last changes are recorded. */
  async close(): Promise<void> {
    this.#unsubscribe();
    while (this.#hasWork() && !this.#isPaused()) await this.flush();
    this.#closed = true;
    if (this.#writing) await this.#writing;
    if (this.#behind.size === 0 && this.#waiting.length === 0) {
      await this.#deps.storage.append(this.#revision, []);
    }
  }

  #hasWork = () => this.#waiting.length > 0 || this.#behind.size > 0;
  #isPaused = () => this.#deps.clock.now() < this.#pausedUntilMs;

  /** Only notes what changed: what becomes of it is worked out batch by batch, later. */
  #take({ revision, changes }: ChangeSet): void {
    this.#revision = revision;
    const at = this.#deps.clock.now();
    /** Index in #waiting of a row that one transaction wrote more than once. */
    const written = new Map<string, number>();
    for (const { table, key, before, after } of changes) {
      if (after === undefined || !recordedTables.has(table)) continue;
      const arn = table === serviceEvents.name ? (after as ServiceEventRow).serviceArn : key;
      if (!this.#isToKeep(revision, arn)) continue;
      const earlier = written.get(key);
      if (earlier !== undefined) this.#waiting[earlier] = { ...this.#waiting[earlier]!, after };
      else if (this.#waiting.length < this.#maxWaiting) {
        written.set(key, this.#waiting.push({ arn, table, before, after, at }) - 1);
      } else this.#behind.add(arn);
    }
    if (this.#hasWork()) this.#schedule();
  }

  #isToKeep(revision: number, arn: string): boolean {
    if (this.#behind.has(arn)) return false;
    const caughtUpTo = this.#caughtUp.get(arn);
    if (caughtUpTo === undefined) return true;
    if (revision <= caughtUpTo) return false;
    this.#caughtUp.delete(arn);
    return true;
  }

  #schedule(): void {
    if (this.#timerSet || this.#writing || this.#closed) return;
    this.#timerSet = true;
    this.#deps.clock.after(Math.max(gatherMs, this.#pausedUntilMs - this.#deps.clock.now()), () => {
      this.#timerSet = false;
      if (!this.#closed && !this.#writing) void this.#write();
    });
  }

  /** Writes what waits now. Never rejects: a failure pauses the recorder and turns what it held into rows to catch up. */
  #write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      if (this.#hasWork()) this.#schedule();
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    const { storage, logger, clock } = this.#deps;
    const until = this.#revision;
    let batch: Taken[] = [];
    try {
      for (let left = this.#waiting.length; left > 0; left -= batch.length) {
        batch = this.#waiting.splice(0, Math.min(left, maxBatch));
        const isLast = left <= batch.length && this.#behind.size === 0;
        await storage.append(
          isLast ? until : undefined,
          batch.map(recordOf).filter((record) => record !== undefined),
        );
      }
      batch = [];
      if (this.#waiting.length === 0 && this.#behind.size > 0) await this.#catchUpSome();
    } catch (error) {
      for (const { arn } of [...batch, ...this.#waiting.splice(0)]) this.#behind.add(arn);
      this.#pausedUntilMs = clock.now() + retryMs;
      logger.error('history cannot be written; it will catch up', { error, rows: this.#behind.size });
    }
  }

  /** Some of the rows that are behind, as the store has them now. What changes from here on is kept again. */
  async #catchUpSome(): Promise<void> {
    const { store } = this.#deps;
    const arns = this.#behind.values().take(catchUpSlice).toArray();
    for (const arn of arns) {
      this.#behind.delete(arn);
      this.#caughtUp.set(arn, store.revision);
    }
    try {
      await this.#catchUp(arns);
    } catch (error) {
      for (const arn of arns) this.#behind.add(arn);
      throw error;
    }
    for (const [arn, revision] of this.#caughtUp) if (revision <= this.#revision) this.#caughtUp.delete(arn);
  }

  async #catchUpAll(): Promise<void> {
    const { store, storage, logger } = this.#deps;
    let recorded = 0;
    for (const rows of [store.all(tasks), store.all(services)] as Iterable<TaskRow | ServiceRow>[]) {
      let slice: string[] = [];
      for (const { arn } of rows) {
        slice.push(arn);
        if (slice.length < catchUpSlice) continue;
        recorded += await this.#catchUp(slice);
        slice = [];
      }
      recorded += await this.#catchUp(slice);
    }
    await storage.append(this.#revision, []);
    if (recorded > 0) logger.info('history has caught up with the store', { records: recorded });
  }

  async #catchUp(arns: readonly string[]): Promise<number> {
    const { store, storage, clock } = this.#deps;
    const nowMs = clock.now();
    // Before anything is awaited: the rows, and the revision that the caller has noted, belong together.
    const rows = arns.map((arn) => ({
      task: store.get(tasks, arn),
      service: store.get(services, arn),
      events: [...store.find(serviceEvents, 'byService', arn)],
    }));
    await store.durable();
    const marks = await storage.marks(arns);
    const records: NewRecord[] = [];
    for (const [at, { task, service, events }] of rows.entries()) {
      const mark = marks[at] ?? null;
      if (task && mark !== String(task.version)) {
        const entries = mark === null ? [] : (await storage.read(task.arn, { limit: maxStateRecords })).map(toEntry);
        records.push(catchUpTask(mark === null ? undefined : stateOf(entries), task, nowMs));
      }
      if (service) records.push(catchUpService(mark, service, nowMs));
      records.push(...events.map(recordEvent));
    }
    if (records.length > 0) await storage.append(undefined, records);
    return records.length;
  }
}
