/**
 * The directory that holds everything durable, and who may use it. One Slipway at a time: `lock` is a SQLite file held
 * in an exclusive transaction, so the kernel frees it when the holder ends, however it ends, and no stale lock is ever
 * left to clean up.
 *
 *   lock              held while a control plane runs
 *   run.json          the running control plane: its process and address
 *   credentials.json  mode 0600; the administrator's access key, for the CLI on this machine
 *   agent/            the state of this machine's agent
 *   logs/             what control plane, agent and dockerd had to say
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ConfigError } from '../config.ts';

/** SQLITE_BUSY. */
const sqliteBusy = 5;
/** Below this the journal would soon fail, and with it the control plane. */
const minimumFreeBytes = 64 * 2 ** 20;

export interface RunRecord {
  readonly pid: number;
  readonly endpoint: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

export interface SavedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly account: string;
  readonly region: string;
  /** Where the control plane last listened. */
  readonly endpoint: string;
}

export const runFile = (dataDir: string): string => path.join(dataDir, 'run.json');
export const credentialsFile = (dataDir: string): string => path.join(dataDir, 'credentials.json');
export const agentDirectory = (dataDir: string): string => path.join(dataDir, 'agent');
export const logDirectory = (dataDir: string): string => path.join(dataDir, 'logs');
const lockFile = (dataDir: string): string => path.join(dataDir, 'lock');

function explain(error: unknown, dataDir: string): ConfigError {
  const code = (error as NodeJS.ErrnoException).code;
  const reasons: Record<string, string> = {
    EACCES: 'you may not write there',
    EPERM: 'you may not write there',
    EROFS: 'the file system is read-only',
    ENOTDIR: 'a part of the path is a file',
    EEXIST: 'it is a file',
    ENOSPC: 'the disk is full',
  };
  const reason = (code && reasons[code]) ?? (error as Error).message;
  return new ConfigError(`cannot use the data directory ${dataDir}: ${reason}. Choose another with --data.`, {
    cause: error,
  });
}

/** Makes the directory (mode 0700) and its parts; throws ConfigError when it cannot be used. */
export function prepareDataDirectory(dataDir: string): void {
  try {
    const fresh = !existsSync(dataDir);
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    if (fresh) chmodSync(dataDir, 0o700);
    mkdirSync(logDirectory(dataDir), { recursive: true, mode: 0o700 });
    const probe = path.join(dataDir, '.probe');
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    throw explain(error, dataDir);
  }
  const { bavail, bsize } = statfsSync(dataDir);
  if (bavail * bsize < minimumFreeBytes) {
    throw new ConfigError(
      `less than ${minimumFreeBytes / 2 ** 20} MiB are free where ${dataDir} lies. Make room first.`,
    );
  }
}

export interface DataLock {
  release(): void;
}

/** Takes the directory for this process; undefined when another one holds it. */
export function lockDataDirectory(dataDir: string): DataLock | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(lockFile(dataDir), { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if ((error as { errcode?: number }).errcode === sqliteBusy) return undefined;
    throw explain(error, dataDir);
  }
  const held = database;
  return { release: () => held.close() };
}

/** True while a control plane runs on the directory. */
export function isLocked(dataDir: string): boolean {
  if (!existsSync(lockFile(dataDir))) return false;
  const lock = lockDataDirectory(dataDir);
  lock?.release();
  return lock === undefined;
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError(`cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** Written whole or not at all: readers run at any time. */
function writeWhole(file: string, value: unknown, mode: number): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode });
  renameSync(draft, file);
}

export const readRunRecord = (dataDir: string): RunRecord | undefined => readJson(runFile(dataDir));
export const writeRunRecord = (dataDir: string, record: RunRecord): void => writeWhole(runFile(dataDir), record, 0o644);
export const dropRunRecord = (dataDir: string): void => rmSync(runFile(dataDir), { force: true });
export const readCredentials = (dataDir: string): SavedCredentials | undefined => readJson(credentialsFile(dataDir));

/** Answers whether the key was not there before. */
export function saveCredentials(dataDir: string, credentials: SavedCredentials): boolean {
  const before = readCredentials(dataDir);
  if (JSON.stringify(before) !== JSON.stringify(credentials)) writeWhole(credentialsFile(dataDir), credentials, 0o600);
  return before?.accessKeyId !== credentials.accessKeyId;
}
