import type {
  GetLifecyclePolicyPreviewCommandInput,
  GetLifecyclePolicyPreviewCommandOutput,
  LifecyclePolicyPreviewResult,
  LifecyclePolicyPreviewSummary,
} from '@aws-sdk/client-ecr';
import { previewNotFound } from '#images/api/errors.ts';
import { paginateList, refusePaging } from '#images/api/pagination.ts';
import { checkCount, checkImageId, checkOneOf } from '#images/api/validate.ts';
import type { LifecyclePreviewResult } from '#model/ecr-registry.ts';
import { lifecyclePreviews } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { tagStatuses } from '../image-filter.ts';
import { requireRepository } from '../resolve.ts';
import { named } from '../views/repository.ts';

const viewResult = (result: LifecyclePreviewResult): LifecyclePolicyPreviewResult => ({
  imageTags: [...result.tags],
  imageDigest: result.digest,
  imagePushedAt: new Date(result.pushedAt),
  action: { type: result.action, ...(result.action === 'TRANSITION' && { targetStorageClass: 'ARCHIVE' }) },
  appliedRulePriority: result.rulePriority,
  storageClass: result.storageClass,
});

function summaryOf(results: readonly LifecyclePreviewResult[]): LifecyclePolicyPreviewSummary {
  const expiringImageTotalCount = results.filter((one) => one.action === 'EXPIRE').length;
  const imageTotalCount = results.length - expiringImageTotalCount;
  return {
    expiringImageTotalCount,
    ...(imageTotalCount > 0 && {
      transitioningImageTotalCounts: [{ targetStorageClass: 'ARCHIVE', imageTotalCount }],
    }),
  };
}

function filterOf(input: GetLifecyclePolicyPreviewCommandInput): (result: LifecyclePreviewResult) => boolean {
  const ids = input.imageIds;
  if (ids) {
    checkCount('imageIds', ids, 1, 100);
    refusePaging(input, 'imageIds');
    ids.forEach(checkImageId);
    return ({ digest, tags }) =>
      ids.some(
        (id) =>
          (id.imageDigest === undefined || id.imageDigest === digest) &&
          (id.imageTag === undefined || tags.includes(id.imageTag)),
      );
  }
  const tagStatus = checkOneOf('filter.tagStatus', input.filter?.tagStatus ?? 'ANY', tagStatuses);
  return ({ tags }) => tagStatus === 'ANY' || tags.length > 0 === (tagStatus === 'TAGGED');
}

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetLifecyclePolicyPreview.html */
export const GetLifecyclePolicyPreview: EcrOperation<
  GetLifecyclePolicyPreviewCommandInput,
  GetLifecyclePolicyPreviewCommandOutput
> = (ctx, input) => {
  const keep = filterOf(input);
  const repository = requireRepository(ctx.store, ctx, input);
  const preview = ctx.store.get(lifecyclePreviews, repository.arn);
  if (!preview) throw previewNotFound(repository);
  const numbered = preview.results
    .map((result, index) => ({ result, key: String(index).padStart(9, '0') }))
    .filter(({ result }) => keep(result));
  const page = paginateList(
    input,
    numbered,
    (one) => one.key,
    (one) => viewResult(one.result),
  );
  return {
    ...named(repository),
    lifecyclePolicyText: preview.policyText,
    status: preview.status,
    previewResults: page.items,
    ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
    summary: summaryOf(preview.results),
  };
};
