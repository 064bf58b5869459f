import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '#lib/clock.ts';
import { seededRandom } from '#lib/random.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { kmsAliases, kmsKeys } from '#store/tables/secrets.ts';
import {
  decryptWith,
  defaultKey,
  deleteKey,
  encryptUnder,
  findKey,
  insertKey,
  type KeyDeps,
  keyOfSealed,
  openValue,
  problemOf,
  readBlob,
  rotate,
  rotateIfDue,
  sealValue,
} from './kms-key.ts';
import { createVault } from './vault.ts';

const scope = { account: '123456789012', region: 'us-east-1' };
const clock = new FakeClock();
const random = seededRandom(3);
const deps: KeyDeps = { vault: createVault(Buffer.alloc(32, 7), random), random, clock };
const openStore = () => Store.open({ journal: volatileJournal(), tables: allTables });
const makeKey = (store: Store) => store.transact((tx) => insertKey(tx, deps, scope, {}));
const context = fc.dictionary(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), { maxKeys: 4 });

describe('envelope encryption', () => {
  test('a value opens under its key and context, in any order of its pairs, and under no other', async () => {
    const store = await openStore();
    const [key, other] = [makeKey(store), makeKey(store)];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), context, context, (bytes, one, two) => {
        const sealed = sealValue(deps, key, Buffer.from(bytes), one);
        assert.equal(keyOfSealed(sealed), key.arn);
        const reversed = Object.fromEntries(Object.entries(one).reverse());
        assert.deepEqual(openValue(deps.vault, key, sealed, reversed), Buffer.from(bytes));
        assert.throws(() => openValue(deps.vault, other, sealed, one));
        const pairs = (value: object) => JSON.stringify(Object.entries(value).sort());
        if (pairs(one) !== pairs(two)) assert.throws(() => openValue(deps.vault, key, sealed, two));
      }),
    );
  });

  test('two seals of one value have nothing in common, and no bit of one can be changed', async () => {
    const store = await openStore();
    const key = makeKey(store);
    const [one, two] = [0, 1].map(() => encryptUnder(deps, key, Buffer.from('same'), {}));
    assert.notDeepEqual(one, two);
    for (let at = 0; at < one!.length; at++) {
      const changed = Buffer.from(one!);
      changed[at]! ^= 1;
      const blob = readBlob(changed);
      assert.equal(blob && decryptWith(deps.vault, key, blob, {}), undefined, `byte ${at}`);
    }
    assert.equal(readBlob(Buffer.alloc(0)), undefined);
    assert.equal(readBlob(one!.subarray(0, 40)), undefined);
  });

  test('after a rotation old values open and new ones are under new material', async () => {
    const store = await openStore();
    const key = makeKey(store);
    const old = encryptUnder(deps, key, Buffer.from('old'), {});
    const rotated = store.transact((tx) => rotate(tx, deps, key, 'ON_DEMAND'));
    const young = encryptUnder(deps, rotated, Buffer.from('new'), {});
    assert.notEqual(readBlob(old)!.materialId, readBlob(young)!.materialId);
    assert.equal(decryptWith(deps.vault, rotated, readBlob(old)!, {})?.toString(), 'old');
    assert.equal(decryptWith(deps.vault, key, readBlob(young)!, {}), undefined);
  });
});

describe('keys', () => {
  test('an AWS managed key is made once, per account and region', async () => {
    const store = await openStore();
    const make = (region: string) =>
      store.transact((tx) => defaultKey(tx, deps, { ...scope, region }, 'alias/aws/ssm'));
    assert.equal(make('us-east-1').arn, make('us-east-1').arn);
    assert.notEqual(make('us-east-1').arn, make('eu-west-1').arn);
    assert.throws(() => store.transact((tx) => defaultKey(tx, deps, scope, 'alias/mine')));
  });

  test('are found by id, ARN and alias, in their own region', async () => {
    const store = await openStore();
    const key = store.transact((tx) => defaultKey(tx, deps, scope, 'alias/aws/ecr'));
    const alias = [...store.all(kmsAliases)][0]!;
    for (const named of [key.id, key.arn, alias.name, alias.arn]) assert.equal(findKey(store, scope, named), key);
    for (const named of ['', 'x', 'arn:', 'alias/x']) assert.equal(findKey(store, scope, named), undefined);
    assert.equal(findKey(store, { ...scope, region: 'eu-west-1' }, key.arn), undefined);
  });

  test('rotate by themselves on their day, and not while they are disabled', async () => {
    const store = await openStore();
    const key = store.transact((tx) => defaultKey(tx, deps, scope, 'alias/aws/ssm'));
    const turn = (row: typeof key) => store.transact((tx) => rotateIfDue(tx, deps, row));
    assert.equal(turn(key).materials.length, 1);
    clock.advance(366 * 86_400_000);
    assert.equal(turn({ ...key, state: 'Disabled' }).materials.length, 1);
    const rotated = turn(key);
    assert.equal(rotated.materials.length, 2);
    assert.equal(turn(rotated).materials.length, 2);
  });

  test('say why they cannot be used, and go with their aliases', async () => {
    const store = await openStore();
    const key = store.transact((tx) => defaultKey(tx, deps, scope, 'alias/aws/ssm'));
    assert.equal(problemOf(key), undefined);
    assert.equal(problemOf(undefined), 'MISSING');
    assert.equal(problemOf({ ...key, state: 'Disabled' }), 'DISABLED');
    assert.equal(problemOf({ ...key, state: 'PendingDeletion' }), 'PENDING_DELETION');
    assert.equal(problemOf({ ...key, spec: 'RSA_2048' }), 'WRONG_USAGE');
    store.transact((tx) => deleteKey(tx, key.arn));
    assert.deepEqual([[...store.all(kmsKeys)], [...store.all(kmsAliases)]], [[], []]);
  });

  test('no row shows material', async () => {
    const store = await openStore();
    const material = Buffer.from('a key that nobody may see 123456');
    store.transact((tx) => insertKey(tx, deps, scope, { material }));
    const rows = JSON.stringify([...store.all(kmsKeys)]);
    assert.ok(!rows.includes(material.toString('base64').slice(0, 20)));
  });
});
