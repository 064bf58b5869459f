/**
 * Writes to the store at the path given until it is killed. Each line on standard output is a transaction that is
 * durable: `single <n>` put row `single/<n>`; `group <round> <n>` put every row of `group/*` to `n`, and moved an
 * amount between two accounts whose sum stays.
 */
import { openSqliteJournal } from '#store/journals/sqlite.ts';
import { Store } from '#store/store.ts';
import { say } from './say.ts';
import { accounts, crashTables, groupSize, rows } from './tables.ts';

const store = await Store.open({
  journal: await openSqliteJournal({ path: process.argv[2]! }),
  tables: crashTables,
  migrations: [],
});
say('open');

async function writeSingles(writer: number): Promise<never> {
  for (let n = 0; ; n++) {
    const key = `single/${process.argv[3]}/${writer}/${n}`;
    store.transact((tx) => tx.insert(rows, { key, value: n, text: 'x'.repeat(300) }));
    await store.durable(store.revision);
    say(`single ${key}`);
  }
}

async function writeGroups(): Promise<never> {
  for (;;) {
    const value = (store.get(rows, 'group/0')?.value ?? 0) + 1;
    store.transact((tx) => {
      for (let i = 0; i < groupSize; i++) tx.put(rows, { key: `group/${i}`, value, text: 'y'.repeat(value % 2000) });
      tx.delete(rows, `mark/${value - 1}`);
      tx.put(rows, { key: `mark/${value}`, value, text: '' });
      const [from, to] = [`account/${value % 7}`, `account/${(value + 3) % 7}`];
      const move = (key: string, amount: number) =>
        tx.put(accounts, { key, balance: (tx.get(accounts, key)?.balance ?? 0) + amount });
      move(from, -value);
      move(to, value);
    });
    await store.durable(store.revision);
    say(`group ${value}`);
  }
}

await Promise.all([writeGroups(), ...Array.from({ length: 8 }, (_, writer) => writeSingles(writer))]);
