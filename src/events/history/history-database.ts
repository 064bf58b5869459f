/**
 * The SQLite file of the history, used synchronously from one thread: `records` only grows at its end and shrinks at its
 * beginning. WAL with synchronous=FULL: one fsync for each batch. Freed pages go back to the file system a piece at a
 * time (incremental vacuum).
 */
import { closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Expired, NewRecord, ReadOptions, StoredRecord } from './storage.ts';

const applicationId = 0x534c5048;
const layoutVersion = 1;
/** Entities whose numbers are kept in memory; more saves look-ups in the file, at about 300 bytes each. */
const maxKnownEntities = 50_000;
/** Records looked at by one call of `expire`. More: appends wait longer for it; fewer: more calls. */
const expireSlice = 5_000;
const vacuumPages = 1_000;
/** KiB of pages in memory. Less: with many live tasks every record reads its place in an index from the file. */
const cacheKiB = 32 * 1024;
/** Pages in the log before they are moved into the file. More: a longer start after a crash; fewer: pages move again and again. */
const checkpointPages = 8_000;

const layout = `
  CREATE TABLE IF NOT EXISTS head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    revision INTEGER NOT NULL,
    expired_to INTEGER NOT NULL
  ) STRICT;
  INSERT OR IGNORE INTO head VALUES (1, 0, 0);
  CREATE TABLE IF NOT EXISTS entities (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    arn TEXT NOT NULL,
    arn_hash INTEGER NOT NULL,
    parent INTEGER,
    mark TEXT,
    ended INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS entities_by_arn ON entities (arn_hash);
  CREATE INDEX IF NOT EXISTS entities_by_parent ON entities (parent, id) WHERE parent IS NOT NULL;
  CREATE TABLE IF NOT EXISTS records (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    entity INTEGER NOT NULL,
    at INTEGER NOT NULL,
    source TEXT,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS records_by_entity ON records (entity, id);
  CREATE UNIQUE INDEX IF NOT EXISTS records_by_source ON records (entity, source) WHERE source IS NOT NULL;
`;

const statements = {
  findEntity: 'SELECT id, mark FROM entities WHERE arn_hash = ? AND arn = ?',
  addEntity: 'INSERT INTO entities (arn, arn_hash, parent, mark, ended) VALUES (?, ?, ?, NULL, 0)',
  setMark: 'UPDATE entities SET mark = ?2, ended = ?3 WHERE id = ?1',
  addRecord: 'INSERT INTO records (entity, at, source, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  setRevision: 'UPDATE head SET revision = ?',
  revision: 'SELECT revision FROM head',
  forward: 'SELECT id, at, body FROM records WHERE entity = ? AND id > ? ORDER BY id LIMIT ?',
  backward: 'SELECT id, at, body FROM records WHERE entity = ? AND id < ? ORDER BY id DESC LIMIT ?',
  children: 'SELECT id, arn FROM entities WHERE parent = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3',
  expiredTo: 'SELECT expired_to FROM head',
  setExpiredTo: 'UPDATE head SET expired_to = ?',
  due: `SELECT records.id, entity, at, entities.ended, entities.mark FROM records
    LEFT JOIN entities ON entities.id = entity WHERE records.id > ? ORDER BY records.id LIMIT ${expireSlice}`,
  removeUpTo: 'DELETE FROM records WHERE entity = ?1 AND id <= ?2',
  hasRecord: 'SELECT 1 FROM records WHERE entity = ? LIMIT 1',
  removeEntity: 'DELETE FROM entities WHERE id = ? RETURNING arn',
} as const;

type Statements = { readonly [Name in keyof typeof statements]: StatementSync };

interface Entity {
  readonly id: number;
  readonly mark: string | null;
}

/** 52 bits of a text: an index of numbers is a tenth of one of ARNs. Equal ones are told apart by the ARN itself. */
function hashOf(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x85ebca6b);
  }
  return (high & 0xfffff) * 0x1_0000_0000 + (low >>> 0);
}

interface Due {
  readonly id: number;
  readonly entity: number;
  readonly at: number;
  readonly ended: number | null;
  readonly mark: string | null;
}

/** A task's mark is its version; a service's is its state, so that its old records may go while it lives. */
const keepsState = (mark: string | null) => mark?.startsWith('{') === true;

export class HistoryDatabase {
  readonly #db: DatabaseSync;
  readonly #run: Statements;
  readonly #known = new Map<string, number>();

  /** Opens or creates the file, for its owner only. Its directory must exist. */
  constructor(path: string) {
    if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600));
    this.#db = new DatabaseSync(path);
    try {
      this.#db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA auto_vacuum = INCREMENTAL');
      this.#check(path);
      this.#db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        PRAGMA cache_size = -${cacheKiB}; PRAGMA wal_autocheckpoint = ${checkpointPages}; BEGIN IMMEDIATE; ${layout}
        PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${layoutVersion}; COMMIT`);
      const prepared = Object.entries(statements).map(([name, sql]) => [name, this.#db.prepare(sql)]);
      this.#run = Object.fromEntries(prepared);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  #check(path: string): void {
    const owner = this.#pragma('application_id');
    const version = this.#pragma('user_version');
    if (owner === 0 && version === 0) return;
    if (owner !== applicationId) throw new Error(`${path} is a database of another program`);
    if (version > layoutVersion) {
      throw new Error(`the history ${path} was written by a newer Slipway (layout ${version}, not ${layoutVersion})`);
    }
  }

  #pragma(name: string): number {
    return Number(Object.values(this.#db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  }

  /** Runs `fn` in one transaction of the file. */
  #transact<T>(fn: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = fn();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      this.#known.clear();
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  revision(): number {
    return this.#run.revision.get()!['revision'] as number;
  }

  append(revision: number | undefined, records: Iterable<NewRecord>): void {
    this.#transact(() => {
      const marks = new Map<number, NewRecord>();
      for (const record of records) {
        const { arn, parent, at, source, body } = record;
        const entity = this.#entity(arn, parent);
        if (record.mark !== undefined) marks.set(entity, record);
        if (body !== undefined) this.#run.addRecord.run(entity, at, source ?? null, body);
      }
      for (const [entity, { arn, mark, ended }] of marks) {
        this.#run.setMark.run(entity, mark!, ended ? 1 : 0);
        if (ended) this.#known.delete(arn);
      }
      if (revision !== undefined) this.#run.setRevision.run(revision);
    });
  }

  #find(arn: string): Entity | undefined {
    return this.#run.findEntity.get(hashOf(arn), arn) as unknown as Entity | undefined;
  }

  #entity(arn: string, parent: string | undefined): number {
    const known = this.#known.get(arn);
    if (known !== undefined) return known;
    const found = this.#find(arn)?.id;
    const id = found ?? this.#addEntity(arn, parent === undefined ? null : this.#entity(parent, undefined));
    if (this.#known.size >= maxKnownEntities) this.#known.clear();
    this.#known.set(arn, id);
    return id;
  }

  #addEntity(arn: string, parent: number | null): number {
    return Number(this.#run.addEntity.run(arn, hashOf(arn), parent).lastInsertRowid);
  }

  marks(arns: readonly string[]): (string | null)[] {
    return arns.map((arn) => this.#find(arn)?.mark ?? null);
  }

  read(arn: string, { limit, newestFirst, afterId }: ReadOptions): StoredRecord[] {
    const entity = this.#find(arn)?.id;
    if (entity === undefined) return [];
    const rows = newestFirst
      ? this.#run.backward.all(entity, afterId ?? Number.MAX_SAFE_INTEGER, limit)
      : this.#run.forward.all(entity, afterId ?? 0, limit);
    return rows as unknown as StoredRecord[];
  }

  children(parent: string, { limit, afterId }: ReadOptions): { id: number; arn: string }[] {
    const entity = this.#find(parent)?.id;
    if (entity === undefined) return [];
    const rows = this.#run.children.all(entity, afterId ?? Number.MAX_SAFE_INTEGER, limit);
    return rows as unknown as { id: number; arn: string }[];
  }

  /**
   * One step from the oldest record on. Records of live tasks stay (they are their state) until the task has ended and
   * its last record is due; a full file takes them too.
   */
  expire(beforeMs: number, maxBytes: number): Expired {
    const isFull = this.#usedBytes() > maxBytes;
    const outcome = this.#transact(() => {
      const from = isFull ? 0 : (this.#run.expiredTo.get()!['expired_to'] as number);
      const seen = this.#run.due.all(from) as unknown as Due[];
      let at = 0;
      let removed = 0;
      for (; at < seen.length && (isFull || seen[at]!.at < beforeMs); at++)
        removed += this.#expireOne(seen[at]!, isFull);
      const last = seen[at - 1];
      if (last) this.#run.setExpiredTo.run(last.id);
      return { removed, more: at === expireSlice || (isFull && removed > 0) };
    });
    if (outcome.removed > 0) this.#db.exec(`PRAGMA incremental_vacuum(${vacuumPages})`);
    return outcome;
  }

  #expireOne({ id, entity, ended, mark }: Due, force: boolean): number {
    if (!force && ended === 0 && !keepsState(mark)) return 0;
    const removed = Number(this.#run.removeUpTo.run(entity, id).changes);
    if (ended === 0 || this.#run.hasRecord.get(entity)) return removed;
    const gone = this.#run.removeEntity.get(entity)?.['arn'] as string | undefined;
    if (gone !== undefined) this.#known.delete(gone);
    return removed;
  }

  #usedBytes(): number {
    return (this.#pragma('page_count') - this.#pragma('freelist_count')) * this.#pragma('page_size');
  }

  close(): void {
    this.#db.close();
  }
}
