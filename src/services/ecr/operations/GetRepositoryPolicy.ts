import type { GetRepositoryPolicyCommandInput, GetRepositoryPolicyCommandOutput } from '@aws-sdk/client-ecr';
import { repositoryPolicyNotFound } from '#images/api/errors.ts';
import type { EcrOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';
import { named } from '../views/repository.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRepositoryPolicy.html */
export const GetRepositoryPolicy: EcrOperation<GetRepositoryPolicyCommandInput, GetRepositoryPolicyCommandOutput> = (
  ctx,
  input,
) => {
  const row = requireRepository(ctx.store, ctx, input);
  if (row.policyText === undefined) throw repositoryPolicyNotFound(row);
  return { ...named(row), policyText: row.policyText };
};
