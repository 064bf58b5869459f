import type { DeletePolicyCommandInput, DeletePolicyCommandOutput } from '@aws-sdk/client-iam';
import { managedPolicies } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { deleteConflict } from '../errors.ts';
import { attachmentsOf, boundariesOf, customerPolicy } from '../managed-policies.ts';

export const DeletePolicy: IamOperation<DeletePolicyCommandInput, DeletePolicyCommandOutput> = (ctx, input) => {
  const arn = input.PolicyArn!;
  ctx.store.transact((tx) => {
    const row = customerPolicy(ctx, tx, arn);
    const uses = [attachmentsOf(tx, ctx.account, arn), boundariesOf(tx, ctx.account, arn)];
    if (uses.some((use) => Object.values(use).some((list) => list.length > 0)))
      throw deleteConflict('Cannot delete a policy attached to entities.');
    if (row.versions.length > 1) {
      throw deleteConflict(
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
      );
    }
    tx.delete(managedPolicies, arn);
  });
  return {};
};
