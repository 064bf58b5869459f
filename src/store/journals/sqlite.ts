/**
 * The default journal: one SQLite file, written by a worker thread, so that waiting for the disk never holds up a
 * request. See sqlite-database.ts for locking and durability.
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Journal, type JournalBatch, JournalError, type JournalHead } from '../journal.ts';
import type { RowRun } from './sqlite-database.ts';
import type { Answer, Request } from './sqlite-worker.ts';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Opens or creates the journal at `path`, whose directory must exist. Rejects with JournalError: LOCKED names the
 * process that has it open.
 */
export async function openSqliteJournal(options: { readonly path: string }): Promise<Journal> {
  const journal = new SqliteJournal(options.path);
  await journal.open();
  return journal;
}

class SqliteJournal implements Journal {
  readonly #worker: Worker;
  /** The worker answers in the order of the requests. */
  readonly #waiting: Waiting[] = [];
  #ended: JournalError | undefined;
  #closing: Promise<void> | undefined;

  constructor(path: string) {
    const file = new URL(`./sqlite-worker${extname(import.meta.url)}`, import.meta.url);
    this.#worker = new Worker(file, { workerData: { path }, name: 'journal', execArgv: [] });
    this.#worker.unref();
    this.#worker.on('message', (answer: Answer) => this.#settle(answer));
    this.#worker.on('error', (error) =>
      this.#end(new JournalError('FAILED', 'the journal thread failed', { cause: error })),
    );
    this.#worker.on('exit', () => this.#end(new JournalError('CLOSED', 'the journal is closed')));
  }

  async open(): Promise<void> {
    try {
      await this.#ask({ kind: 'open' });
    } catch (error) {
      await this.#worker.terminate();
      throw error;
    }
  }

  head(): Promise<JournalHead> {
    return this.#ask<JournalHead>({ kind: 'head' });
  }

  async load(onRow: (id: number, table: string, value: string) => void): Promise<void> {
    let next = this.#ask<RowRun | undefined>({ kind: 'next' });
    for (;;) {
      const run = await next;
      if (!run) return;
      next = this.#ask<RowRun | undefined>({ kind: 'next' });
      try {
        for (let i = 0; i < run.ids.length; i++) onRow(run.ids[i]!, run.tables[i]!, run.values[i]!);
      } catch (error) {
        await Promise.allSettled([next]);
        throw error;
      }
    }
  }

  append(batch: JournalBatch): Promise<void> {
    return this.#ask<void>({ kind: 'append', batch });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#ended) return;
    const closed = this.#ask<void>({ kind: 'close' });
    this.#ended = new JournalError('CLOSED', 'the journal is closed');
    try {
      await closed;
    } finally {
      await this.#worker.terminate();
    }
  }

  /** The process stays alive while an answer is awaited, and only then. */
  #ask<T>(request: Request): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ resolve: resolve as (value: unknown) => void, reject });
      if (this.#waiting.length === 1) this.#worker.ref();
      this.#worker.postMessage(request);
    });
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#worker.unref();
    if (answer.ok) waiting?.resolve(answer.value);
    else waiting?.reject(new JournalError(answer.code, answer.message));
  }

  #end(error: JournalError): void {
    this.#ended ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }
}
