/**
 * How rows written by an older Slipway take today's shape. The list only grows: entry i takes rows of schema version
 * i + 1 to version i + 2, so a program's own version is the length of the list plus one. A change that old rows satisfy
 * as they are (a new optional field, a new table) needs no entry. How to: docs/checklists/new-table.md.
 */

/**
 * Answers the row in its new shape, the same object when nothing changes, or undefined to drop it. Pure, and must not
 * change the row that it was given. The row's key may change; the table may not.
 */
export type Migration = (table: string, row: unknown) => unknown;

export const migrations: readonly Migration[] = [];
