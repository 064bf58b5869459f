import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TaskStore } from '../task-engine/engine-config.ts';
import type { TaskStateChange } from '../task-engine/reports.ts';
import type { EngineTask } from '../task-engine/task.ts';

/**
 * What the agent remembers over restarts, in one SQLite file of its data directory: the instance it is registered as,
 * the last sequence number, its tasks, and reports that nobody has acknowledged yet. Every call is one transaction and
 * survives the death of the agent when it returns (WAL, synchronous NORMAL: the death of the machine may cost the last
 * moments, which comparing with the engine brings back). Held open exclusively: a second agent on the same directory
 * is refused, and a killed agent's lock is gone with it.
 */
export interface PendingReport {
  readonly id: number;
  readonly change: TaskStateChange;
}

export interface AgentState extends TaskStore {
  get(key: StateKey): string | undefined;
  set(key: StateKey, value: string): void;
  /** Those with a greater id than `afterId`, oldest first. */
  pendingReports(afterId: number): readonly PendingReport[];
  removeReport(id: number): void;
  close(): void;
}

export const stateKeys = ['containerInstanceArn', 'cluster', 'sequence', 'formatVersion'] as const;
export type StateKey = (typeof stateKeys)[number];

export class StateInUseError extends Error {}

const formatVersion = '1';

const schema = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS tasks (arn TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS reports (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
`;

function openDatabase(directory: string): DatabaseSync {
  if (directory === ':memory:') return new DatabaseSync(':memory:');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, 'agent.sqlite');
  const database = new DatabaseSync(file);
  // It holds ids by which containers ask for credentials.
  chmodSync(file, 0o600);
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    // The exclusive lock is taken by the first write.
    database.exec('BEGIN EXCLUSIVE; COMMIT;');
    return database;
  } catch (error) {
    database.close();
    if (!/locked|busy/i.test((error as Error).message)) throw error;
    throw new StateInUseError(`another agent uses the data directory ${directory}`, { cause: error });
  }
}

/** `directory`: an existing or new one, or `:memory:`. Throws `StateInUseError` when another process has it open. */
export function openAgentState(directory: string): AgentState {
  const database = openDatabase(directory);
  database.exec(schema);
  const statements = {
    get: database.prepare('SELECT value FROM meta WHERE key = ?'),
    set: database.prepare('INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value'),
    tasks: database.prepare('SELECT body FROM tasks'),
    save: database.prepare('INSERT INTO tasks VALUES (?, ?) ON CONFLICT (arn) DO UPDATE SET body = excluded.body'),
    drop: database.prepare('DELETE FROM tasks WHERE arn = ?'),
    report: database.prepare('INSERT INTO reports (body) VALUES (?)'),
    reports: database.prepare('SELECT id, body FROM reports WHERE id > ? ORDER BY id'),
    removeReport: database.prepare('DELETE FROM reports WHERE id = ?'),
  };
  const get = (key: StateKey) => statements.get.get(key)?.['value'] as string | undefined;
  const found = get('formatVersion');
  if (found !== undefined && found !== formatVersion) {
    database.close();
    throw new Error(`the agent's state in ${directory} has format ${found}; this agent reads format ${formatVersion}`);
  }
  statements.set.run('formatVersion', formatVersion);

  return {
    get,
    set: (key, value) => void statements.set.run(key, value),
    loadTasks: () => statements.tasks.all().map((row) => JSON.parse(row['body'] as string) as EngineTask),
    saveTask(task, report) {
      const body = JSON.stringify(task);
      if (!report) {
        statements.save.run(task.arn, body);
        return;
      }
      database.exec('BEGIN');
      try {
        statements.save.run(task.arn, body);
        statements.report.run(JSON.stringify(report));
        database.exec('COMMIT');
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
    removeTask: (taskArn) => void statements.drop.run(taskArn),
    pendingReports: (afterId) =>
      statements.reports
        .all(afterId)
        .map((row) => ({ id: row['id'] as number, change: JSON.parse(row['body'] as string) })),
    removeReport: (id) => void statements.removeReport.run(id),
    close: () => database.close(),
  };
}
