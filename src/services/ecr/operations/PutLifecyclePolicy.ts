import type { PutLifecyclePolicyCommandInput, PutLifecyclePolicyCommandOutput } from '@aws-sdk/client-ecr';
import type { EcrOperation } from '../context.ts';
import { checkLifecyclePolicy } from '../lifecycle.ts';
import { updateRepository } from '../resolve.ts';
import { named } from '../views/repository.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutLifecyclePolicy.html */
export const PutLifecyclePolicy: EcrOperation<PutLifecyclePolicyCommandInput, PutLifecyclePolicyCommandOutput> = (
  ctx,
  input,
) => {
  const lifecyclePolicyText = input.lifecyclePolicyText!;
  const row = ctx.store.transact((tx) =>
    updateRepository(tx, ctx, input, ({ lifecycleEvaluatedAt: _, ...before }) => {
      checkLifecyclePolicy(lifecyclePolicyText, before.tags);
      return { ...before, lifecyclePolicyText };
    }),
  );
  return { ...named(row), lifecyclePolicyText };
};
