import type { SetDefaultPolicyVersionCommandInput, SetDefaultPolicyVersionCommandOutput } from '@aws-sdk/client-iam';
import { managedPolicies } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { customerPolicy, findPolicy, versionOf } from '../managed-policies.ts';

export const SetDefaultPolicyVersion: IamOperation<
  SetDefaultPolicyVersionCommandInput,
  SetDefaultPolicyVersionCommandOutput
> = (ctx, input) => {
  const arn = input.PolicyArn!;
  ctx.store.transact((tx) => {
    const { versionId } = versionOf(findPolicy(tx, ctx.account, arn), arn, input.VersionId!);
    const row = customerPolicy(ctx, tx, arn);
    tx.put(managedPolicies, { ...row, defaultVersionId: versionId, updatedAt: ctx.clock.now() });
  });
  return {};
};
