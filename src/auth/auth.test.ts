import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVault } from '#keys/vault.ts';
import { FakeClock } from '#lib/clock.ts';
import { seededRandom } from '#lib/random.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { accessKeys } from '#store/tables/iam.ts';
import { ensureAdministrator, insertAccount } from './administrator.ts';
import { createCredentials, createPermissiveCredentials } from './credentials.ts';
import { createSessions } from './sessions.ts';

const clock = new FakeClock();
const vault = createVault(Buffer.alloc(32, 1), seededRandom(9));
const credentialsOf = (store: Store) => ({
  view: store,
  vault,
  sessions: createSessions({ vault, view: store, random: seededRandom(8) }),
});
const openStore = () => Store.open({ journal: volatileJournal(), tables: allTables });
const ensure = (store: Store, seed: number) => ensureAdministrator({ store, vault, clock, random: seededRandom(seed) });

describe('the administrator', () => {
  test('is made once, as root of an account of its own', async () => {
    const store = await openStore();
    const first = await ensure(store, 1);
    assert.equal(first.created, true);
    assert.match(first.administrator.accessKeyId, /^AKIA[A-Z2-7]{16}$/);
    assert.match(first.administrator.secretAccessKey, /^[A-Za-z0-9+/]{40}$/);
    assert.match(first.administrator.account, /^\d{12}$/);
    const second = await ensure(store, 2);
    assert.deepEqual(second, { administrator: first.administrator, created: false });
  });

  test('is made anew when its key was made inactive', async () => {
    const store = await openStore();
    const { administrator } = await ensure(store, 1);
    store.transact((tx) =>
      tx.update(accessKeys, administrator.accessKeyId, (row) => ({ ...row, status: 'Inactive' as const })),
    );
    const again = await ensure(store, 2);
    assert.equal(again.created, true);
    assert.equal(again.administrator.account, administrator.account);
  });

  test('is never the root of an account that was made later', async () => {
    const store = await openStore();
    const { administrator } = await ensure(store, 1);
    const deps = { vault, clock, random: seededRandom(3) };
    store.transact((tx) => {
      insertAccount(tx, deps, { id: '000000000001', name: 'other' });
      tx.update(accessKeys, administrator.accessKeyId, (row) => ({ ...row, status: 'Inactive' as const }));
    });
    assert.equal((await ensure(store, 2)).administrator.account, administrator.account);
  });
});

describe('credentials', () => {
  test('are found by an active key, with its principal', async () => {
    const store = await openStore();
    const { administrator } = await ensure(store, 1);
    const credentials = createCredentials(credentialsOf(store));
    assert.deepEqual(credentials.find(administrator.accessKeyId), {
      secretAccessKey: administrator.secretAccessKey,
      principal: {
        account: administrator.account,
        arn: `arn:aws:iam::${administrator.account}:root`,
        userId: administrator.account,
        accessKeyId: administrator.accessKeyId,
      },
    });
    assert.equal(credentials.find('AKIAOTHER'), undefined);
    store.transact((tx) =>
      tx.update(accessKeys, administrator.accessKeyId, (row) => ({ ...row, status: 'Inactive' as const })),
    );
    assert.equal(credentials.find(administrator.accessKeyId), undefined);
  });

  test('of permissive mode let made-up keys in and check the others', async () => {
    const store = await openStore();
    const { administrator } = await ensure(store, 1);
    const credentials = createPermissiveCredentials(credentialsOf(store), '222233334444');
    assert.equal(credentials.find('111122223333')?.principal.account, '111122223333');
    assert.equal(credentials.find('111122223333')?.secretAccessKey, undefined);
    assert.equal(credentials.find('test')?.principal.account, '222233334444');
    assert.equal(credentials.find(administrator.accessKeyId)?.secretAccessKey, administrator.secretAccessKey);
    const { sessions } = credentialsOf(store);
    const { account, principalArn: arn } = administrator;
    const facts = { issuedAt: clock.now(), expiresAt: clock.now() + 1, issuerArn: arn, issuerId: account };
    const issuerKeyId = administrator.accessKeyId;
    const principal = {
      account,
      arn,
      userId: account,
      session: { kind: 'session-token', ...facts, issuerKeyId } as const,
    };
    const { accessKeyId, sessionToken } = sessions.issue(principal);
    assert.equal(credentials.find(accessKeyId, sessionToken)?.principal.account, account);
    store.transact((tx) => tx.update(accessKeys, issuerKeyId, (row) => ({ ...row, status: 'Inactive' as const })));
    assert.equal(credentials.find(issuerKeyId), undefined);
    assert.equal(credentials.find(accessKeyId, sessionToken), undefined);
    assert.equal(credentials.find(accessKeyId, 'made up')?.principal.account, '222233334444');
  });
});
