import { table } from '#store/table.ts';

export const groupSize = 40;
export const rows = table<{ readonly key: string; readonly value: number; readonly text: string }>()({
  name: 'rows',
  key: (row) => row.key,
  indexes: {},
});
export const accounts = table<{ readonly key: string; readonly balance: number }>()({
  name: 'accounts',
  key: (row) => row.key,
  indexes: {},
});
export const crashTables = [rows, accounts];
