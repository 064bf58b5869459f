import type { DeleteLifecyclePolicyCommandInput, DeleteLifecyclePolicyCommandOutput } from '@aws-sdk/client-ecr';
import { lifecyclePolicyNotFound } from '#images/api/errors.ts';
import { repositories } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';
import { named } from '../views/repository.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteLifecyclePolicy.html */
export const DeleteLifecyclePolicy: EcrOperation<
  DeleteLifecyclePolicyCommandInput,
  DeleteLifecyclePolicyCommandOutput
> = (ctx, input) =>
  ctx.store.transact((tx) => {
    const row = requireRepository(tx, ctx, input);
    const { lifecyclePolicyText, lifecycleEvaluatedAt, ...rest } = row;
    if (lifecyclePolicyText === undefined) throw lifecyclePolicyNotFound(row);
    tx.put(repositories, rest);
    return {
      ...named(row),
      lifecyclePolicyText,
      lastEvaluatedAt: new Date(lifecycleEvaluatedAt ?? 0),
    };
  });
