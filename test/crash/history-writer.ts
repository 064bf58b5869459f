/** The process that history.test.ts kills: a store whose tasks change without end, and a history that follows it. */
import { join } from 'node:path';
import { createHistory } from '#events/history/history.ts';
import { openSqliteHistory } from '#events/history/sqlite-storage.ts';
import { systemClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import type { TaskRow } from '#model/rows.ts';
import { openSqliteJournal } from '#store/journals/sqlite.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { tasks } from '#store/tables/ecs.ts';
import { taskRow } from '../support/task-rows.ts';

const directory = process.argv[2]!;
const store = await Store.open({
  journal: await openSqliteJournal({ path: join(directory, 'state.sqlite') }),
  tables: allTables,
});
const storage = await openSqliteHistory(join(directory, 'history.sqlite'));
const history = createHistory({ storage, clock: systemClock, logger: silentLogger });
await history.attach(store);

const rows: TaskRow[] = [];
for (let n = 0; n < 20; n++) rows.push(store.transact((tx) => tx.insert(tasks, taskRow())));
for (let n = 0; ; n++) {
  store.transact((tx) => {
    for (const { arn } of rows) {
      tx.update(tasks, arn, (row) => ({
        ...row,
        stoppedReason: `change ${row.version + 1}`,
        version: row.version + 1,
      }));
    }
  });
  await store.durable();
  process.stdout.write(`${n}\n`);
}
