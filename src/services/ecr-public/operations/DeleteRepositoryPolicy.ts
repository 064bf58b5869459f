import type {
  DeleteRepositoryPolicyCommandInput,
  DeleteRepositoryPolicyCommandOutput,
} from '@aws-sdk/client-ecr-public';
import { repositoryPolicyNotFound } from '#images/api/errors.ts';
import { repositories } from '#store/tables/ecr.ts';
import type { PublicOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';
import { named } from '../views.ts';

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_DeleteRepositoryPolicy.html */
export const DeleteRepositoryPolicy: PublicOperation<
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
