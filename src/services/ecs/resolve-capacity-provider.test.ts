import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capacityProviderArn } from '#model/arn.ts';
import type { CapacityProviderRow } from '#model/capacity-provider.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { capacityProviders } from '#store/tables/ecs.ts';
import { capacityProviderName, checkUnchanging } from './resolve-capacity-provider.ts';

const scope = { account: '123456789012', region: 'us-east-1' };

test('names and ARNs mean the same; ARNs of elsewhere stay what they are', () => {
  assert.equal(capacityProviderName(scope, 'p'), 'p');
  assert.equal(capacityProviderName(scope, capacityProviderArn(scope, 'p')), 'p');
  const elsewhere = capacityProviderArn({ ...scope, region: 'eu-west-1' }, 'p');
  assert.equal(capacityProviderName(scope, elsewhere), elsewhere);
  assert.throws(() => capacityProviderName(scope, 'arn:aws:iam::123456789012:role/p'), /unexpected resource type/);
});

test('one change at a time', async () => {
  const store = await Store.open({ journal: volatileJournal(), tables: allTables });
  const put = (change: Partial<CapacityProviderRow>) =>
    store.transact((tx) =>
      tx.put(capacityProviders, {
        ...scope,
        arn: capacityProviderArn(scope, 'p'),
        name: 'p',
        status: 'ACTIVE',
        autoScalingGroupProvider: { autoScalingGroupArn: 'g' },
        tags: [],
        ...change,
      }),
    );
  const check = () => checkUnchanging(store, scope, 'p');
  for (const updateStatus of ['UPDATE_IN_PROGRESS', 'DELETE_IN_PROGRESS'] as const) {
    put({ updateStatus });
    assert.throws(check, { code: 'UpdateInProgressException', message: new RegExp(updateStatus) });
  }
  const row = put({ updateStatus: 'UPDATE_COMPLETE' });
  assert.equal(check(), row);
  await store.close();
});
