import type { DeleteRegistryPolicyCommandInput, DeleteRegistryPolicyCommandOutput } from '@aws-sdk/client-ecr';
import { registryPolicyNotFound } from '#images/api/errors.ts';
import type { EcrOperation } from '../context.ts';
import { findRegistry, updateRegistry } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRegistryPolicy.html */
export const DeleteRegistryPolicy: EcrOperation<DeleteRegistryPolicyCommandInput, DeleteRegistryPolicyCommandOutput> = (
  ctx,
) =>
  ctx.store.transact((tx) => {
    const { policyText } = findRegistry(tx, ctx);
    if (policyText === undefined) throw registryPolicyNotFound(ctx.account);
    updateRegistry(tx, ctx, ({ policyText: _, ...rest }) => rest);
    return { registryId: ctx.account, policyText };
  });
