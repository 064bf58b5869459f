import type { DescribeRegistriesCommandInput, DescribeRegistriesCommandOutput } from '@aws-sdk/client-ecr-public';
import type { PublicOperation } from '../context.ts';
import { registryRow, viewRegistry } from '../views.ts';

/** The caller's own, which is one. https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_DescribeRegistries.html */
export const DescribeRegistries: PublicOperation<DescribeRegistriesCommandInput, DescribeRegistriesCommandOutput> = (
  ctx,
) => ({ registries: [viewRegistry(ctx, registryRow(ctx, ctx.account))] });
