import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capacityProviderArn } from '#model/arn.ts';
import type { CapacityProviderRow } from '#model/capacity-provider.ts';
import { endChange } from './reconcile.ts';

const scope = { account: '000000000000', region: 'us-east-1' };
const row = (change: Partial<CapacityProviderRow> = {}): CapacityProviderRow => ({
  ...scope,
  arn: capacityProviderArn(scope, 'p'),
  name: 'p',
  status: 'ACTIVE',
  autoScalingGroupProvider: { autoScalingGroupArn: 'g', managedDraining: 'ENABLED' },
  tags: [],
  ...change,
});

test('an update ends with what was asked for', () => {
  const next = { autoScalingGroupArn: 'g', managedDraining: 'DISABLED' } as const;
  const changed = endChange(row({ updateStatus: 'UPDATE_IN_PROGRESS', nextAutoScalingGroupProvider: next }), 5);
  assert.deepEqual(changed, row({ updateStatus: 'UPDATE_COMPLETE', autoScalingGroupProvider: next }));
  assert.equal(endChange(changed, 6), changed);
});

test('a deletion ends INACTIVE', () => {
  const gone = endChange(row({ updateStatus: 'DELETE_IN_PROGRESS' }), 5);
  assert.deepEqual(gone, row({ status: 'INACTIVE', updateStatus: 'DELETE_COMPLETE', inactiveAt: 5 }));
  assert.equal(endChange(gone, 6), gone);
});

test('nothing under way, nothing to do', () => {
  for (const same of [row(), row({ updateStatus: 'DELETE_FAILED' })]) assert.equal(endChange(same, 5), same);
});
