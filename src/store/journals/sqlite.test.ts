import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import type { Journal } from '../journal.ts';
import { journalSuite } from './journal.suite.ts';
import { openSqliteJournal } from './sqlite.ts';

journalSuite('sqlite', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-journal-'));
  return {
    open: () => openSqliteJournal({ path: join(directory, 'state.db') }),
    remove: async () => rmSync(directory, { recursive: true }),
  };
});

function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-journal-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function count(journal: Journal): Promise<number> {
  let rows = 0;
  await journal.load(() => {
    rows += 1;
  });
  return rows;
}

const things = (first: number, number: number, length = 1000) =>
  Array.from({ length: number }, (_, at) => ({
    id: first + at,
    table: 'things',
    value: JSON.stringify('z'.repeat(length)),
  }));

describe('sqlite journal: the file', () => {
  it('is readable by its owner only', async (t) => {
    const path = join(temporaryDirectory(t), 'state.db');
    const journal = await openSqliteJournal({ path });
    await journal.append({ revision: 1, changes: things(1, 1) });
    for (const suffix of ['', '-wal', '.pid']) assert.equal(statSync(path + suffix).mode & 0o777, 0o600, suffix);
    await journal.close();
  });

  it('is refused to a second opener, by the holder’s process id, until it is closed', async (t) => {
    const path = join(temporaryDirectory(t), 'state.db');
    const journal = await openSqliteJournal({ path });
    await assert.rejects(openSqliteJournal({ path }), {
      code: 'LOCKED',
      message: new RegExp(`process ${process.pid}\\b`),
    });
    await journal.append({ revision: 1, changes: things(1, 1) });
    await journal.close();
    await (await openSqliteJournal({ path })).close();
  });

  it('is free again after its holder was killed', async (t) => {
    const path = join(temporaryDirectory(t), 'state.db');
    const program = `
      import { openSqliteJournal } from ${JSON.stringify(new URL('./sqlite.ts', import.meta.url).href)};
      const journal = await openSqliteJournal({ path: ${JSON.stringify(path)} });
      await journal.append({ revision: 1, changes: [{ id: 1, table: 'things', value: '1' }] });
      process.stdout.write('ready');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => assert.fail('the holder ended'))]);
    await assert.rejects(openSqliteJournal({ path }), {
      code: 'LOCKED',
      message: new RegExp(`process ${child.pid}\\b`),
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const journal = await openSqliteJournal({ path });
    assert.equal(await count(journal), 1);
    await journal.close();
  });

  it('must be in a directory that exists', async (t) => {
    const path = join(temporaryDirectory(t), 'missing', 'state.db');
    await assert.rejects(openSqliteJournal({ path }), { code: 'UNREACHABLE', message: /missing\/state\.db.*ENOENT/ });
  });

  it('must be a file', async (t) => {
    const path = join(temporaryDirectory(t), 'state.db');
    mkdirSync(path);
    await assert.rejects(openSqliteJournal({ path }), { code: 'UNREACHABLE' });
  });

  it('must not be another program’s database, nor of a newer layout', async (t) => {
    const directory = temporaryDirectory(t);
    const foreign = new DatabaseSync(join(directory, 'foreign.db'));
    foreign.exec('CREATE TABLE songs (name TEXT)');
    foreign.close();
    await assert.rejects(openSqliteJournal({ path: join(directory, 'foreign.db') }), { code: 'FOREIGN' });
    const path = join(directory, 'newer.db');
    await (await openSqliteJournal({ path })).close();
    const newer = new DatabaseSync(path);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    await assert.rejects(openSqliteJournal({ path }), { code: 'NEWER', message: /layout 99/ });
  });
});

describe('sqlite journal: damage', () => {
  it('says that a file is not a database', async (t) => {
    const path = join(temporaryDirectory(t), 'state.db');
    writeFileSync(path, 'not a database at all, '.repeat(1000));
    await assert.rejects(openSqliteJournal({ path }), { code: 'CORRUPT', message: /not a database.*restore/ });
  });

  it('says that pages are overwritten or missing', async (t) => {
    const directory = temporaryDirectory(t);
    for (const damage of ['overwritten', 'cut off']) {
      const path = join(directory, `${damage}.db`);
      const journal = await openSqliteJournal({ path });
      await journal.append({ revision: 1, changes: things(1, 500) });
      await journal.close();
      if (damage === 'cut off') truncateSync(path, 5 * 8192);
      else writeSync(openSync(path, 'r+'), Buffer.alloc(40 * 8192, 0xa5), 0, 40 * 8192, 5 * 8192);
      const damaged = async () => {
        const again = await openSqliteJournal({ path });
        await count(again).finally(() => again.close());
      };
      await assert.rejects(damaged, { code: 'CORRUPT' }, damage);
    }
  });
});

describe('sqlite journal: no room, no right', () => {
  const isRoot = process.getuid?.() === 0;

  it('loses nothing that was acknowledged when the disk is full', async (t) => {
    const directory = temporaryDirectory(t);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory], { stdio: 'pipe' });
    } catch (error) {
      t.skip(`a small tmpfs could not be mounted: ${(error as Error).message}`);
      return;
    }
    try {
      const path = join(directory, 'state.db');
      let journal = await openSqliteJournal({ path });
      let acknowledged = 0;
      const fill = async () => {
        for (let revision = 1; ; revision++) {
          await journal.append({ revision, changes: things(acknowledged + 1, 20, 2000) });
          acknowledged += 20;
        }
      };
      await assert.rejects(fill(), { code: 'DISK_FULL', message: /disk is full/ });
      assert.ok(acknowledged > 0);
      await assert.rejects(journal.append({ revision: 1_000_000, changes: [] }), /failed before/);
      await journal.close();
      execFileSync('mount', ['-o', 'remount,size=8m', directory]);
      journal = await openSqliteJournal({ path });
      assert.equal(await count(journal), acknowledged);
      await journal.append({ revision: 1_000_001, changes: things(acknowledged + 1, 1) });
      await journal.close();
    } finally {
      execFileSync('umount', [directory]);
    }
  });

  it('says that a directory is read-only', async (t) => {
    const directory = temporaryDirectory(t);
    const path = join(directory, 'state.db');
    await (await openSqliteJournal({ path })).close();
    if (isRoot) {
      try {
        execFileSync('mount', ['--bind', directory, directory], { stdio: 'pipe' });
      } catch (error) {
        t.skip(`a read-only mount could not be made: ${(error as Error).message}`);
        return;
      }
      execFileSync('mount', ['-o', 'remount,ro,bind', directory]);
    } else {
      chmodSync(path, 0o400);
      chmodSync(directory, 0o500);
    }
    try {
      await assert.rejects(openSqliteJournal({ path }), { code: 'READ_ONLY' });
      await assert.rejects(openSqliteJournal({ path: join(directory, 'new.db') }), { code: 'READ_ONLY' });
    } finally {
      if (isRoot) execFileSync('umount', [directory]);
      else chmodSync(directory, 0o700);
    }
  });
});
