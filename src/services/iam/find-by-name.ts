import type { View } from '#store/store.ts';
import type { Table } from '#store/table.ts';

/** Names have no case. */
export function findByName<R>(
  view: View,
  table: Table<R, 'byName'>,
  account: string,
  name: string | undefined,
): R | undefined {
  const [row] = view.find(table, 'byName', `${account}/${(name ?? '').toLowerCase()}`);
  return row;
}
