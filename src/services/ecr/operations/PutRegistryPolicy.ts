import type { PutRegistryPolicyCommandInput, PutRegistryPolicyCommandOutput } from '@aws-sdk/client-ecr';
import { checkPolicyText } from '#images/api/policy-text.ts';
import type { EcrOperation } from '../context.ts';
import { updateRegistry } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutRegistryPolicy.html */
export const PutRegistryPolicy: EcrOperation<PutRegistryPolicyCommandInput, PutRegistryPolicyCommandOutput> = (
  ctx,
  input,
) => {
  const policyText = checkPolicyText(input.policyText!, 'registry');
  ctx.store.transact((tx) => updateRegistry(tx, ctx, (before) => ({ ...before, policyText })));
  return { registryId: ctx.account, policyText };
};
