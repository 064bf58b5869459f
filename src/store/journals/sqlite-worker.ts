/** The worker thread of a SQLite journal: does what the messages say, one after the other, and answers each. */
import { parentPort, workerData } from 'node:worker_threads';
import { type JournalBatch, JournalError, type JournalErrorCode } from '../journal.ts';
import { type RowRun, SqliteDatabase } from './sqlite-database.ts';

export type Request =
  | { readonly kind: 'open' }
  | { readonly kind: 'head' }
  | { readonly kind: 'next' }
  | { readonly kind: 'append'; readonly batch: JournalBatch }
  | { readonly kind: 'close' };

export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: JournalErrorCode; readonly message: string };

/** Text in one message of a load. Higher: more memory and longer turns of the main thread; lower: more messages. */
const runBytes = 256 * 1024;

const { path } = workerData as { path: string };
let database: SqliteDatabase | undefined;
let runs: Generator<RowRun> | undefined;

function opened(): SqliteDatabase {
  if (!database) throw new JournalError('CLOSED', `the journal ${path} is not open`);
  return database;
}

function perform(request: Request): unknown {
  switch (request.kind) {
    case 'open':
      database = SqliteDatabase.open(path);
      return undefined;
    case 'head':
      return opened().head();
    case 'next': {
      runs ??= opened().runs(runBytes);
      const next = runs.next();
      if (next.done) runs = undefined;
      return next.done ? undefined : next.value;
    }
    case 'append':
      return opened().append(request.batch);
    case 'close':
      runs?.return(undefined);
      opened().close();
      database = undefined;
      return undefined;
  }
}

parentPort!.on('message', (request: Request) => {
  let answer: Answer;
  try {
    answer = { ok: true, value: perform(request) };
  } catch (error) {
    const code = error instanceof JournalError ? error.code : 'FAILED';
    answer = { ok: false, code, message: (error as Error).message };
  }
  parentPort!.postMessage(answer);
});
