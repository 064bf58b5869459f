import type { DescribeRegistryCommandInput, DescribeRegistryCommandOutput } from '@aws-sdk/client-ecr';
import type { EcrOperation } from '../context.ts';
import { findRegistry } from '../resolve.ts';
import { viewReplication } from '../views/registry.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRegistry.html */
export const DescribeRegistry: EcrOperation<DescribeRegistryCommandInput, DescribeRegistryCommandOutput> = (ctx) => ({
  registryId: ctx.account,
  replicationConfiguration: viewReplication(findRegistry(ctx.store, ctx)),
});
