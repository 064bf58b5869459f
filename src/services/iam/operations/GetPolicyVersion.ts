import type { GetPolicyVersionCommandInput, GetPolicyVersionCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { findPolicy, versionOf } from '../managed-policies.ts';
import { versionView } from '../views/policies.ts';

/** Of AWS's policies only the default version is kept. */
export const GetPolicyVersion: IamOperation<GetPolicyVersionCommandInput, GetPolicyVersionCommandOutput> = (
  ctx,
  input,
) => {
  const policy = findPolicy(ctx.store, ctx.account, input.PolicyArn!);
  const version = versionOf(policy, input.PolicyArn!, input.VersionId!);
  return { PolicyVersion: versionView(policy!, version, true) };
};
