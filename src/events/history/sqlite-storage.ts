/** The default history storage: one SQLite file, written by a worker thread, so that the disk never holds up a request. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Answer, Method, Request } from './history-worker.ts';
import { pack } from './packed.ts';
import type { Expired, HistoryStorage, NewRecord, ReadOptions, StoredRecord } from './storage.ts';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

class SqliteHistoryStorage implements HistoryStorage {
  readonly #worker: Worker;
  /** The worker answers in the order of the requests. */
  readonly #waiting: Waiting[] = [];
  #ended: Error | undefined;
  #closing: Promise<void> | undefined;

  constructor(path: string) {
    const file = new URL(`./history-worker${extname(import.meta.url)}`, import.meta.url);
    this.#worker = new Worker(file, { workerData: { path }, name: 'history', execArgv: [] });
    this.#worker.unref();
    this.#worker.on('message', (answer: Answer) => this.#settle(answer));
    this.#worker.on('error', (error) => this.#end(new Error('the history thread failed', { cause: error })));
    this.#worker.on('exit', () => this.#end(new Error('the history is closed')));
  }

  revision(): Promise<number> {
    return this.#ask('revision');
  }

  append(revision: number | undefined, records: readonly NewRecord[]): Promise<void> {
    return this.#ask('append', revision, pack(records));
  }

  marks(arns: readonly string[]): Promise<(string | null)[]> {
    return this.#ask('marks', arns);
  }

  read(arn: string, options: ReadOptions): Promise<StoredRecord[]> {
    return this.#ask('read', arn, options);
  }

  children(parent: string, options: ReadOptions): Promise<{ id: number; arn: string }[]> {
    return this.#ask('children', parent, options);
  }

  expire(beforeMs: number, maxBytes: number): Promise<Expired> {
    return this.#ask('expire', beforeMs, maxBytes);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#ended) return;
    const closed = this.#ask<void>('close');
    this.#ended = new Error('the history is closed');
    try {
      await closed;
    } finally {
      await this.#worker.terminate();
    }
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  /** The process stays alive while an answer is awaited, and only then. */
  #ask<T>(method: Method, ...given: readonly unknown[]): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ resolve: resolve as (value: unknown) => void, reject });
      if (this.#waiting.length === 1) this.#worker.ref();
      this.#worker.postMessage({ method, arguments: given } satisfies Request);
    });
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#worker.unref();
    if (answer.ok) waiting?.resolve(answer.value);
    else waiting?.reject(new Error(answer.message));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }
}

/** Opens or creates the file at `path`, whose directory must exist; rejects when it is not ours, newer, or in use. */
export async function openSqliteHistory(path: string): Promise<HistoryStorage> {
  const storage = new SqliteHistoryStorage(path);
  try {
    await storage.revision();
  } catch (error) {
    await storage.stop();
    throw error;
  }
  return storage;
}
