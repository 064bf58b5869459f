import type { DeleteRepositoryCommandInput, DeleteRepositoryCommandOutput } from '@aws-sdk/client-ecr';
import { repositoryNotEmpty } from '#images/api/errors.ts';
import { deleteRepository } from '#images/repositories.ts';
import { images } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';
import { viewRepository } from '../views/repository.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepository.html */
export const DeleteRepository: EcrOperation<DeleteRepositoryCommandInput, DeleteRepositoryCommandOutput> = (
  ctx,
  input,
) => {
  const row = ctx.store.transact((tx) => {
    const repository = requireRepository(tx, ctx, input);
    if (!input.force && tx.count(images, 'byRepository', repository.arn) > 0) throw repositoryNotEmpty(repository);
    deleteRepository(tx, repository);
    return repository;
  });
  return { repository: viewRepository(ctx, row) };
};
