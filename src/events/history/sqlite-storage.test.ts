import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { openSqliteHistory } from './sqlite-storage.ts';
import type { HistoryStorage, NewRecord } from './storage.ts';

let directory: string;
let path: string;
let storage: HistoryStorage;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-history-'));
  path = join(directory, 'history.sqlite');
  storage = await openSqliteHistory(path);
});
afterEach(async () => {
  await storage.close();
  await rm(directory, { recursive: true, force: true });
});

const record = (arn: string, at: number, more: Partial<NewRecord> = {}): NewRecord => ({
  arn,
  at,
  mark: String(at),
  body: `${arn}@${at}`,
  ...more,
});
const bodies = async (arn: string) => (await storage.read(arn, { limit: 100 })).map(({ body }) => body);
const everything = Number.MAX_SAFE_INTEGER;

describe('history storage', () => {
  test('answers what was appended, in order and in pages, also after a new start', async () => {
    await storage.append(7, [record('a', 1), record('b', 2), record('a', 3)]);
    await storage.append(undefined, [record('a', 4)]);
    await storage.close();
    storage = await openSqliteHistory(path);
    assert.equal(await storage.revision(), 7);
    assert.deepEqual(await bodies('a'), ['a@1', 'a@3', 'a@4']);
    assert.deepEqual(await storage.marks(['b', 'a', 'c']), ['2', '4', null]);
    const [newest] = await storage.read('a', { limit: 1, newestFirst: true });
    assert.equal(newest!.body, 'a@4');
    const rest = await storage.read('a', { limit: 9, newestFirst: true, afterId: newest!.id });
    assert.deepEqual(
      rest.map(({ at }) => at),
      [3, 1],
    );
  });

  test('a source is recorded once; without a mark the old one stays; without a body only the mark moves', async () => {
    const event = { arn: 's', at: 1, source: 'e1', body: 'event' };
    await storage.append(undefined, [event, record('s', 2), event, { arn: 's', at: 3, mark: '3' }]);
    assert.deepEqual(await bodies('s'), ['event', 's@2']);
    assert.deepEqual(await storage.marks(['s']), ['3']);
  });

  test('a batch that fails leaves nothing', async () => {
    const bad = { ...record('a', 2), at: 'x' as never };
    await assert.rejects(storage.append(9, [record('a', 1), bad]), /history/);
    assert.deepEqual(await bodies('a'), []);
    assert.deepEqual(await storage.marks(['a']), [null]);
    await storage.append(3, [record('a', 3)]);
    assert.deepEqual(await bodies('a'), ['a@3']);
    assert.equal(await storage.revision(), 3);
  });

  test('children are found by their parent, newest first', async () => {
    await storage.append(undefined, [
      record('t1', 1, { parent: 's' }),
      record('t2', 2, { parent: 's' }),
      record('t3', 3),
    ]);
    const found = await storage.children('s', { limit: 1 });
    assert.equal(found[0]!.arn, 't2');
    assert.equal((await storage.children('s', { limit: 5, afterId: found[0]!.id }))[0]!.arn, 't1');
  });

  test('old records go: those of the ended and of services; a live task keeps its own until it has ended', async () => {
    await storage.append(undefined, [
      record('ended', 1),
      record('live', 2),
      record('ended', 3, { ended: true }),
      record('service', 4, { mark: '{"a":1}' }),
      record('live', 5),
      record('service', 9, { mark: '{"a":2}' }),
    ]);
    assert.equal((await storage.expire(6, everything)).more, false);
    assert.deepEqual(await bodies('ended'), []);
    assert.deepEqual(await storage.marks(['ended', 'service']), [null, '{"a":2}']);
    assert.deepEqual(await bodies('service'), ['service@9']);
    assert.deepEqual(await bodies('live'), ['live@2', 'live@5']);
    await storage.append(undefined, [record('live', 10, { ended: true })]);
    await storage.expire(20, everything);
    assert.deepEqual(await bodies('live'), []);
    assert.deepEqual(await storage.marks(['live']), [null]);
  });

  test('above its size the oldest records go until it fits, and the file becomes smaller', async () => {
    const body = 'x'.repeat(1000);
    for (let batch = 0; batch < 8; batch++) {
      const records = Array.from({ length: 2000 }, (_, at) => record(`t${batch}-${at}`, batch, { body, ended: true }));
      await storage.append(undefined, records);
    }
    const maxBytes = 4_000_000;
    let more = true;
    for (let calls = 0; more; calls++) {
      more = (await storage.expire(0, maxBytes)).more;
      assert.ok(calls < 20);
    }
    assert.deepEqual(await bodies('t0-0'), []);
    assert.deepEqual((await bodies('t7-1999')).length, 1);
    await storage.close();
    assert.ok((await stat(path)).size < 3 * maxBytes);
    storage = await openSqliteHistory(path);
  });

  test('a second process, a foreign file and damage are refused with the path', async () => {
    await assert.rejects(openSqliteHistory(path), /history\.sqlite.*locked/);
    const other = join(directory, 'other.sqlite');
    await writeFile(other, 'this is no database, and long enough to be looked at as one.'.repeat(20));
    await assert.rejects(openSqliteHistory(other), /other\.sqlite.*not a database/);
    await assert.rejects(openSqliteHistory(join(directory, 'no', 'where')), /ENOENT/);
  });
});
