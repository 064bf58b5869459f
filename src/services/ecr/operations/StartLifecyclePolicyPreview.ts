import type {
  StartLifecyclePolicyPreviewCommandInput,
  StartLifecyclePolicyPreviewCommandOutput,
} from '@aws-sdk/client-ecr';
import { lifecyclePolicyNotFound } from '#images/api/errors.ts';
import { planLifecycle } from '#images/lifecycle/apply.ts';
import { lifecyclePreviews } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { checkLifecyclePolicy } from '../lifecycle.ts';
import { requireRepository } from '../resolve.ts';
import { named } from '../views/repository.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartLifecyclePolicyPreview.html */
export const StartLifecyclePolicyPreview: EcrOperation<
  StartLifecyclePolicyPreviewCommandInput,
  StartLifecyclePolicyPreviewCommandOutput
> = (ctx, input) =>
  ctx.store.transact((tx) => {
    const repository = requireRepository(tx, ctx, input);
    const policyText = input.lifecyclePolicyText ?? repository.lifecyclePolicyText;
    if (policyText === undefined) throw lifecyclePolicyNotFound(repository);
    const rules = checkLifecyclePolicy(policyText, repository.tags);
    const startedAt = ctx.clock.now();
    const results = planLifecycle(tx, repository, rules, startedAt).map(({ image, action, rulePriority }) => ({
      digest: image.digest,
      tags: image.tags,
      pushedAt: image.pushedAt,
      action,
      rulePriority,
      storageClass: image.isArchived ? ('ARCHIVE' as const) : ('STANDARD' as const),
    }));
    tx.put(lifecyclePreviews, { repositoryArn: repository.arn, policyText, status: 'COMPLETE', startedAt, results });
    return { ...named(repository), lifecyclePolicyText: policyText, status: 'IN_PROGRESS' as const };
  });
