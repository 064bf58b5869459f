import type { GetRegistryPolicyCommandInput, GetRegistryPolicyCommandOutput } from '@aws-sdk/client-ecr';
import { registryPolicyNotFound } from '#images/api/errors.ts';
import type { EcrOperation } from '../context.ts';
import { findRegistry } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRegistryPolicy.html */
export const GetRegistryPolicy: EcrOperation<GetRegistryPolicyCommandInput, GetRegistryPolicyCommandOutput> = (ctx) => {
  const { policyText } = findRegistry(ctx.store, ctx);
  if (policyText === undefined) throw registryPolicyNotFound(ctx.account);
  return { registryId: ctx.account, policyText };
};
