/**
 * One process at a time has a directory of blobs: the lock is SQLite's on a file of its own, which the system takes away from
 * a process that dies. Two writers would spoil the log of small blobs.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Held until the process ends, or the answer is called. Throws when another process has it. */
export function lockDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(join(directory, 'lock.sqlite'), { timeout: 2_000 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw new Error(`another process has ${directory}`, { cause: error });
  }
  return () => database.close();
}
