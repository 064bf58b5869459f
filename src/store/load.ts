/** Brings the durable rows into memory, through the migrations that they still need. */
import type { Journal, JournalChange } from './journal.ts';
import type { MemoryTable } from './memory-table.ts';
import type { Migration } from './migrations.ts';
import { Sharing } from './sharing.ts';

export interface Loaded {
  readonly revision: number;
  /** The highest id in use; 0 for none. */
  readonly lastId: number;
}

function migrate(pending: readonly Migration[], table: string, row: unknown): unknown {
  let migrated = row;
  for (const step of pending) if (migrated !== undefined) migrated = step(table, migrated);
  return migrated;
}

function place(table: MemoryTable<unknown> | undefined, id: number, row: unknown): void {
  if (!table) throw new Error('the table is unknown; a newer Slipway may have written it');
  const key = table.definition.key(row);
  if (typeof key !== 'string') throw new Error('it has no key');
  if (table.rows.has(key)) throw new Error(`its key ${key} is taken by row ${table.ids.get(key)}`);
  table.set(key, row);
  table.ids.set(key, id);
}

/**
 * Fills `tables` from the journal and answers where it then stands. A journal that is new, or whose rows were migrated,
 * gets one batch with the schema version and every changed row: whole or not at all.
 */
export async function loadTables(
  journal: Journal,
  tables: ReadonlyMap<string, MemoryTable<unknown>>,
  migrations: readonly Migration[],
): Promise<Loaded> {
  const schemaVersion = migrations.length + 1;
  const head = await journal.head();
  if (head.schemaVersion > schemaVersion) {
    throw new Error(
      `the data was written by a newer Slipway (schema version ${head.schemaVersion}; this one knows ${schemaVersion}): ` +
        'start that one, or restore a copy from before',
    );
  }
  const pending = head.schemaVersion === 0 ? [] : migrations.slice(head.schemaVersion - 1);
  const changes: JournalChange[] = [];
  const sharing = new Sharing();
  let lastId = 0;
  await journal.load((id, name, value) => {
    try {
      lastId = Math.max(lastId, id);
      const stored: unknown = JSON.parse(value);
      if (typeof stored === 'object' && stored !== null) sharing.share(stored);
      const row = migrate(pending, name, stored);
      if (row !== stored) changes.push({ id, table: name, value: row === undefined ? null : JSON.stringify(row) });
      if (row !== undefined) place(tables.get(name), id, row);
    } catch (error) {
      throw new Error(`row ${id} of ${name} cannot be loaded: ${(error as Error).message}`, { cause: error });
    }
  });
  if (head.schemaVersion === schemaVersion) return { revision: head.revision, lastId };
  const revision = head.revision + 1;
  await journal.append({ revision, changes, schemaVersion });
  return { revision, lastId };
}
