import type { GetLifecyclePolicyCommandInput, GetLifecyclePolicyCommandOutput } from '@aws-sdk/client-ecr';
import { lifecyclePolicyNotFound } from '#images/api/errors.ts';
import type { EcrOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';
import { named } from '../views/repository.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetLifecyclePolicy.html */
export const GetLifecyclePolicy: EcrOperation<GetLifecyclePolicyCommandInput, GetLifecyclePolicyCommandOutput> = (
  ctx,
  input,
) => {
  const row = requireRepository(ctx.store, ctx, input);
  const { lifecyclePolicyText, lifecycleEvaluatedAt } = row;
  if (lifecyclePolicyText === undefined) throw lifecyclePolicyNotFound(row);
  return {
    ...named(row),
    lifecyclePolicyText,
    lastEvaluatedAt: new Date(lifecycleEvaluatedAt ?? 0),
  };
};
