import type { DeletePolicyVersionCommandInput, DeletePolicyVersionCommandOutput } from '@aws-sdk/client-iam';
import { managedPolicies } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { deleteConflict } from '../errors.ts';
import { customerPolicy, findPolicy, versionOf } from '../managed-policies.ts';

export const DeletePolicyVersion: IamOperation<DeletePolicyVersionCommandInput, DeletePolicyVersionCommandOutput> = (
  ctx,
  input,
) => {
  const arn = input.PolicyArn!;
  ctx.store.transact((tx) => {
    const { versionId } = versionOf(findPolicy(tx, ctx.account, arn), arn, input.VersionId!);
    const row = customerPolicy(ctx, tx, arn);
    if (versionId === row.defaultVersionId) throw deleteConflict('Cannot delete the default version of a policy.');
    const versions = row.versions.filter((one) => one.versionId !== versionId);
    tx.put(managedPolicies, { ...row, versions, updatedAt: ctx.clock.now() });
  });
  return {};
};
