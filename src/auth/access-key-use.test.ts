import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVault } from '#keys/vault.ts';
import { FakeClock } from '#lib/clock.ts';
import { seededRandom } from '#lib/random.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { accessKeys, accessKeyUses } from '#store/tables/iam.ts';
import { insertAccessKey } from './access-key.ts';
import { createAccessKeyUses } from './access-key-use.ts';

async function world() {
  const store = await Store.open({ journal: volatileJournal(), tables: allTables });
  const clock = new FakeClock();
  const random = seededRandom(1);
  const vault = createVault(Buffer.alloc(32, 1), random);
  const owner = { account: '123456789012', principalArn: 'arn:aws:iam::123456789012:user/u', principalId: 'AIDA' };
  const { accessKeyId } = store.transact((tx) => insertAccessKey(tx, { vault, clock, random }, owner));
  return { store, clock, accessKeyId };
}

test('uses are known at once and written together a quarter of an hour later', async () => {
  const { store, clock, accessKeyId } = await world();
  const uses = createAccessKeyUses({ store, clock });
  const { revision } = store;
  uses.note(accessKeyId, 'ecs', 'us-east-1');
  clock.advance(60_000);
  uses.note(accessKeyId, 'sts', 'eu-west-1');
  const last = { accessKeyId, lastUsedAt: clock.now(), service: 'sts', region: 'eu-west-1' };
  assert.deepEqual(uses.last(accessKeyId), last);
  assert.equal(store.revision, revision);
  clock.advance(14 * 60_000);
  assert.equal(store.revision, revision + 1);
  assert.deepEqual(store.get(accessKeyUses, accessKeyId), last);
  assert.equal(clock.nextDue(), undefined);
});

test('closing writes; keys that are no rows, or are gone, are not written', async () => {
  const { store, clock, accessKeyId } = await world();
  const uses = createAccessKeyUses({ store, clock });
  for (const id of ['test', 'ASIAEXAMPLE', 'AKIAUNKNOWN']) uses.note(id, 'ecs', 'us-east-1');
  assert.equal(clock.nextDue(), undefined);
  uses.note(accessKeyId, 'ecs', 'us-east-1');
  uses.close();
  assert.equal(store.get(accessKeyUses, accessKeyId)?.service, 'ecs');
  const again = createAccessKeyUses({ store, clock });
  assert.equal(again.last(accessKeyId)?.service, 'ecs');
  again.note(accessKeyId, 'logs', 'us-east-1');
  store.transact((tx) => {
    tx.delete(accessKeys, accessKeyId);
    tx.delete(accessKeyUses, accessKeyId);
  });
  again.close();
  assert.equal(store.get(accessKeyUses, accessKeyId), undefined);
});
