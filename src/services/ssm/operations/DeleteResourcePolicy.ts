import type { DeleteResourcePolicyCommandInput, DeleteResourcePolicyCommandOutput } from '@aws-sdk/client-ssm';
import { parameters } from '#store/tables/secrets.ts';
import type { SsmOperation } from '../context.ts';
import { resourcePolicyConflict, resourcePolicyNotFound } from '../errors.ts';
import { policyHash, resolvePolicyTarget } from '../resource-policies.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteResourcePolicy.html */
export const DeleteResourcePolicy: SsmOperation<DeleteResourcePolicyCommandInput, DeleteResourcePolicyCommandOutput> = (
  ctx,
  input,
) => {
  const row = resolvePolicyTarget(ctx, input.ResourceArn!);
  if (row.resourcePolicy?.id !== input.PolicyId) throw resourcePolicyNotFound();
  if (policyHash(row.resourcePolicy!) !== input.PolicyHash) throw resourcePolicyConflict();
  const { resourcePolicy: _, ...rest } = row;
  ctx.store.transact((tx) => tx.put(parameters, rest));
  return {};
};
