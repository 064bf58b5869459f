/** The worker thread of the history's file: does what the messages say, one after the other, and answers each. */
import { parentPort, workerData } from 'node:worker_threads';
import { HistoryDatabase } from './history-database.ts';
import { unpack } from './packed.ts';

const methods = ['revision', 'append', 'marks', 'read', 'children', 'expire', 'close'] as const;
export type Method = (typeof methods)[number];

export interface Request {
  readonly method: Method;
  readonly arguments: readonly unknown[];
}

export type Answer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

const { path } = workerData as { path: string };
let database: HistoryDatabase | undefined;

function perform({ method, arguments: given }: Request): unknown {
  database ??= new HistoryDatabase(path);
  if (method === 'append') {
    const [revision, packed] = given as [number | undefined, string];
    return database.append(revision, unpack(packed));
  }
  return (database[method] as (...values: readonly unknown[]) => unknown).apply(database, [...given]);
}

parentPort!.on('message', (request: Request) => {
  let answer: Answer;
  try {
    answer = { ok: true, value: perform(request) };
  } catch (error) {
    answer = { ok: false, message: `the history ${path}: ${(error as Error).message}` };
  }
  parentPort!.postMessage(answer);
});
