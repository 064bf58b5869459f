import type { PutImageTagMutabilityCommandInput, PutImageTagMutabilityCommandOutput } from '@aws-sdk/client-ecr';
import { checkTagMutability } from '#images/api/validate.ts';
import type { EcrOperation } from '../context.ts';
import { updateRepository } from '../resolve.ts';
import { named, viewExclusions } from '../views/repository.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImageTagMutability.html */
export const PutImageTagMutability: EcrOperation<
  PutImageTagMutabilityCommandInput,
  PutImageTagMutabilityCommandOutput
> = (ctx, input) => {
  const mutability = checkTagMutability(input.imageTagMutability, input.imageTagMutabilityExclusionFilters);
  const row = ctx.store.transact((tx) => updateRepository(tx, ctx, input, (before) => ({ ...before, ...mutability })));
  return { ...named(row), imageTagMutability: row.imageTagMutability, ...viewExclusions(row) };
};
