import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import type { ReplicationRule } from '#model/ecr-registry.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { replicationBackfillItems, replicationBackfills, replications } from '#store/tables/ecr.ts';
import { destinationsOf, forgetReplications, requestReplication, settleReplication } from './request.ts';

const [ireland, tokyo] = [
  { region: 'eu-west-1', registryId: '111122223333' },
  { region: 'ap-northeast-1', registryId: '111122223333' },
];

describe('rules', () => {
  const prefix = (filter: string) => ({ filter, filterType: 'PREFIX_MATCH' as const });
  const rules: ReplicationRule[] = [
    { destinations: [ireland!], repositoryFilters: [prefix('team/'), prefix('prod')] },
    { destinations: [tokyo!, ireland!], repositoryFilters: [prefix('prod')] },
  ];
  for (const [name, expected] of [
    ['team/app', [ireland]],
    ['production', [ireland, tokyo]],
    ['my/team/app', []],
  ] as const) {
    it(`${name} goes to ${expected.length} places`, () => assert.deepEqual(destinationsOf(rules, name), expected));
  }
  it('without a filter choose everything', () => {
    assert.deepEqual(destinationsOf([{ destinations: [tokyo!] }], 'any'), [tokyo]);
    assert.deepEqual(destinationsOf(undefined, 'any'), []);
  });
});

const deps = { clock: new FakeClock() };
const repositoryArn = 'arn:aws:ecr:us-east-1:111122223333:repository/app';
const request = (tags: string[], backfillId?: string) => ({
  repositoryArn,
  digest: `sha256:${'a'.repeat(64)}`,
  tags,
  destination: ireland!,
  ...(backfillId !== undefined && { backfillId }),
});
const open = () => Store.open({ journal: volatileJournal(), tables: allTables });

describe('requests', () => {
  it('are one while they are not done, and a result is that of the request that it answers', async () => {
    const store = await open();
    const first = store.transact((tx) => requestReplication(tx, deps, request(['a'])));
    const second = store.transact((tx) => requestReplication(tx, deps, request(['b'])));
    assert.equal(second.key, first.key);
    assert.deepEqual(second.tags, ['a', 'b']);
    store.transact((tx) => settleReplication(tx, deps, first.key, first.generation, { done: true }));
    assert.equal(store.get(replications, first.key)!.status, 'IN_PROGRESS');
    store.transact((tx) => settleReplication(tx, deps, first.key, second.generation, { done: true }));
    const done = store.get(replications, first.key)!;
    assert.deepEqual([done.status, done.tags], ['COMPLETE', []]);
    const third = store.transact((tx) => requestReplication(tx, deps, request(['c'])));
    assert.deepEqual([third.status, third.tags], ['IN_PROGRESS', ['c']]);
    await store.close();
  });

  it("belong to a backfill only while nobody else has asked, and settle the backfill's items", async () => {
    const store = await open();
    const asked = store.transact((tx) => {
      tx.insert(replicationBackfills, {
        account: '111122223333',
        region: 'us-east-1',
        id: 'b',
        destination: ireland!,
        status: 'IN_PROGRESS',
        prepared: true,
        items: 1,
        failureCodes: [],
        startedAt: 0,
      });
      const row = requestReplication(tx, deps, request(['a'], 'b'));
      const { digest } = row;
      const item = { key: 'b/0', backfillId: 'b', replicationKey: row.key, repositoryName: 'app', digest };
      tx.insert(replicationBackfillItems, { ...item, status: 'PENDING' });
      return row;
    });
    assert.equal(asked.backfillId, 'b');
    const pushed = store.transact((tx) => requestReplication(tx, deps, request([])));
    assert.equal(pushed.backfillId, undefined);
    const failed = { done: false, failureCode: 'AccessDenied', reason: 'no' } as const;
    store.transact((tx) => settleReplication(tx, deps, pushed.key, pushed.generation, failed));
    assert.equal(store.get(replicationBackfillItems, 'b/0')!.failureCode, 'AccessDenied');
    assert.deepEqual(store.get(replicationBackfills, 'b')!.failureCodes, ['AccessDenied']);
    store.transact((tx) => forgetReplications(tx, pushed.imageKey));
    assert.equal(store.get(replications, pushed.key), undefined);
    await store.close();
  });
});
