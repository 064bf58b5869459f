import type { DeleteRepositoryPolicyCommandInput, DeleteRepositoryPolicyCommandOutput } from '@aws-sdk/client-ecr';
import { repositoryPolicyNotFound } from '#images/api/errors.ts';
import { repositories } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';
import { named } from '../views/repository.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepositoryPolicy.html */
export const DeleteRepositoryPolicy: EcrOperation<
  DeleteRepositoryPolicyCommandInput,
  DeleteRepositoryPolicyCommandOutput
> = (ctx, input) =>
  ctx.store.transact((tx) => {
    const row = requireRepository(tx, ctx, input);
    const { policyText, ...rest } = row;
    if (policyText === undefined) throw repositoryPolicyNotFound(row);
    tx.put(repositories, rest);
    return { ...named(row), policyText };
  });
