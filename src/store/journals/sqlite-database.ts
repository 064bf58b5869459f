/**
 * The SQLite file of a journal, used synchronously from one thread.
 *
 * - One process has it open: SQLite's exclusive locking mode holds an operating-system lock on the file for as long as
 *   the process lives, so it vanishes with a kill -9. `<path>.pid` names the holder, for the error message only.
 * - WAL with synchronous=FULL: a commit returns after an fsync.
 * - `application_id` marks the file as ours, `user_version` is the layout of the tables here (not the schema of the
 *   rows, which is in `head`).
 */
import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type JournalBatch, JournalError, type JournalErrorCode, type JournalHead } from '../journal.ts';

const applicationId = 0x534c5057;
const layoutVersion = 1;

/** Bytes of a page. Higher: a change of one row writes more to the log; lower: rows of 1-2 KB waste more of a page. */
const pageSizeBytes = 4096;
/** Pages in the log before they are moved into the file. Higher: longer pauses when it happens; lower: the same pages are moved again and again. */
const checkpointPages = 1000;

const layout = `
  CREATE TABLE IF NOT EXISTS head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    revision INTEGER NOT NULL,
    schema_version INTEGER NOT NULL
  ) STRICT;
  INSERT OR IGNORE INTO head VALUES (1, 0, 0);
  CREATE TABLE IF NOT EXISTS tables (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE IF NOT EXISTS rows (
    id INTEGER PRIMARY KEY,
    "table" INTEGER NOT NULL,
    value TEXT NOT NULL
  ) STRICT;
`;

/** SQLite's primary result codes, https://www.sqlite.org/rescode.html, as what they mean to the person in charge. */
const meaning = new Map<number, { readonly code: JournalErrorCode; readonly words: string }>([
  [8, { code: 'READ_ONLY', words: 'cannot be written (read-only file, directory or file system)' }],
  [10, { code: 'FAILED', words: 'had an input/output error' }],
  [11, { code: 'CORRUPT', words: 'is corrupt; restore it from a copy' }],
  [13, { code: 'DISK_FULL', words: 'cannot grow: the disk is full' }],
  [14, { code: 'UNREACHABLE', words: 'cannot be opened; check that its directory exists and may be written' }],
  [26, { code: 'CORRUPT', words: 'is not a database, or its header is corrupt; restore it from a copy' }],
]);

function explain(path: string, error: unknown): Error {
  if (error instanceof JournalError) return error;
  const { errcode, message } = error as { errcode?: number; message?: string };
  const known = errcode === undefined ? undefined : meaning.get(errcode & 0xff);
  const words = known?.words ?? 'failed';
  return new JournalError(known?.code ?? 'FAILED', `the journal ${path} ${words} (${message ?? error})`, {
    cause: error,
  });
}

const isBusy = (error: unknown) => ((error as { errcode?: number }).errcode ?? 0) % 256 === 5;

/** Rows side by side: the i-th of each list belong together. */
export interface RowRun {
  readonly ids: number[];
  readonly tables: string[];
  readonly values: string[];
}

export class SqliteDatabase {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #tableIds = new Map<string, number>();
  readonly #statements: {
    readonly put: StatementSync;
    readonly remove: StatementSync;
    readonly advance: StatementSync;
  };
  #broken = false;

  private constructor(path: string, db: DatabaseSync) {
    this.#path = path;
    this.#db = db;
    this.#statements = {
      put: db.prepare('INSERT OR REPLACE INTO rows VALUES (?, ?, ?)'),
      remove: db.prepare('DELETE FROM rows WHERE id = ?'),
      advance: db.prepare(
        'UPDATE head SET revision = ?1, schema_version = coalesce(?2, schema_version) WHERE revision < ?1',
      ),
    };
    for (const { id, name } of db.prepare('SELECT id, name FROM tables').all()) {
      this.#tableIds.set(name as string, id as number);
    }
  }

  /** Opens or creates the file and takes the lock. Its directory must exist. Throws JournalError. */
  static open(path: string): SqliteDatabase {
    let db: DatabaseSync | undefined;
    try {
      prepareFile(path);
      db = new DatabaseSync(path);
      db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = ${pageSizeBytes}`);
      checkOwner(path, db);
      db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = ${checkpointPages}`);
      db.exec(`BEGIN IMMEDIATE; ${layout}
        PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${layoutVersion}; COMMIT`);
      const opened = new SqliteDatabase(path, db);
      writeFileSync(`${path}.pid`, `${process.pid}\n`, { mode: 0o600 });
      return opened;
    } catch (error) {
      db?.close();
      throw isBusy(error) ? locked(path, error) : explain(path, error);
    }
  }

  head(): JournalHead {
    return this.#guard(() => {
      const row = this.#db.prepare('SELECT revision, schema_version FROM head').get();
      if (!row)
        throw new JournalError('CORRUPT', `the journal ${this.#path} has lost its head; restore it from a copy`);
      return { revision: row['revision'] as number, schemaVersion: row['schema_version'] as number };
    });
  }

  /** All rows in runs of about `runBytes` of text. */
  *runs(runBytes: number): Generator<RowRun> {
    const rows = this.#guard(() =>
      this.#db.prepare('SELECT rows.id, name, value FROM rows LEFT JOIN tables ON tables.id = "table"').iterate(),
    );
    let run: RowRun = { ids: [], tables: [], values: [] };
    let size = 0;
    for (;;) {
      const next = this.#guard(() => rows.next());
      if (next.done) break;
      const { id, name, value } = next.value as { id: number; name: string | null; value: string };
      if (name === null) throw new JournalError('CORRUPT', `the journal ${this.#path}: row ${id} is of no known table`);
      run.ids.push(id);
      run.tables.push(name);
      run.values.push(value);
      size += value.length;
      if (size >= runBytes) {
        yield run;
        run = { ids: [], tables: [], values: [] };
        size = 0;
      }
    }
    if (run.ids.length > 0) yield run;
  }

  /** Returns when the batch is on stable storage. After an error nothing more is taken. */
  append(batch: JournalBatch): void {
    if (this.#broken)
      throw new JournalError('FAILED', `the journal ${this.#path} failed before and takes nothing more`);
    this.#broken = true;
    this.#guard(() => {
      this.#db.exec('BEGIN IMMEDIATE');
      for (const { id, table, value } of batch.changes) {
        if (value === null) this.#statements.remove.run(id);
        else this.#statements.put.run(id, this.#tableIds.get(table) ?? this.#addTable(table), value);
      }
      const advanced = this.#statements.advance.run(batch.revision, batch.schemaVersion ?? null);
      if (advanced.changes !== 1)
        throw new JournalError('FAILED', `revision ${batch.revision} is not above the last one`);
      this.#db.exec('COMMIT');
    });
    this.#broken = false;
  }

  #addTable(name: string): number {
    const { lastInsertRowid } = this.#db.prepare('INSERT INTO tables (name) VALUES (?)').run(name);
    this.#tableIds.set(name, Number(lastInsertRowid));
    return Number(lastInsertRowid);
  }

  close(): void {
    rmSync(`${this.#path}.pid`, { force: true });
    this.#guard(() => this.#db.close());
  }

  #guard<T>(fn: () => T): T {
    try {
      return fn();
    } catch (error) {
      throw explain(this.#path, error);
    }
  }
}

/**
 * Makes the file when there is none, for its owner only (it holds secret access keys), and sees that it can be written:
 * SQLite itself opens a file that cannot be as if all were well. Never opens an existing file, because closing a
 * descriptor of one would drop the locks that this process has on it.
 */
function prepareFile(path: string): void {
  try {
    if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600));
    accessSync(path, constants.R_OK | constants.W_OK);
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const known = { EROFS: 'READ_ONLY', EACCES: 'READ_ONLY', EPERM: 'READ_ONLY', ENOSPC: 'DISK_FULL' } as const;
    const kind = Object.hasOwn(known, code ?? '') ? known[code as keyof typeof known] : 'UNREACHABLE';
    throw new JournalError(kind, `the journal ${path} cannot be made or written (${message})`, { cause: error });
  }
}

function checkOwner(path: string, db: DatabaseSync): void {
  const read = (pragma: string) => Number(Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
  const owner = read('application_id');
  const version = read('user_version');
  const empty = db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables'] === 0;
  if (empty) return;
  if (owner !== applicationId) throw new JournalError('FOREIGN', `${path} is a database of another program`);
  if (version > layoutVersion) {
    throw new JournalError(
      'NEWER',
      `the journal ${path} was written by a newer Slipway (layout ${version}, this one knows ${layoutVersion})`,
    );
  }
}

function locked(path: string, cause: unknown): JournalError {
  const named = existsSync(`${path}.pid`) ? readFileSync(`${path}.pid`, 'utf8').trim() : '';
  const holder = named === '' ? 'another process' : `process ${named}`;
  return new JournalError('LOCKED', `the journal ${path} is open in ${holder}; stop that one first`, { cause });
}
