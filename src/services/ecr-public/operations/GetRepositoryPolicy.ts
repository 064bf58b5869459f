import type { GetRepositoryPolicyCommandInput, GetRepositoryPolicyCommandOutput } from '@aws-sdk/client-ecr-public';
import { repositoryPolicyNotFound } from '#images/api/errors.ts';
import type { PublicOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';
import { named } from '../views.ts';

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_GetRepositoryPolicy.html */
export const GetRepositoryPolicy: PublicOperation<GetRepositoryPolicyCommandInput, GetRepositoryPolicyCommandOutput> = (
  ctx,
  input,
) => {
  const row = requireRepository(ctx.store, ctx, input);
  if (row.policyText === undefined) throw repositoryPolicyNotFound(row);
  return { ...named(row), policyText: row.policyText };
};
