import type { ListImageReferrersCommandInput, ListImageReferrersCommandOutput } from '@aws-sdk/client-ecr';
import { paginateList } from '#images/api/pagination.ts';
import { checkCount } from '#images/api/validate.ts';
import { annotationsOf, effectiveArtifactType } from '#images/parse-manifest.ts';
import { findReferrers } from '#images/referrers.ts';
import type { EcrOperation } from '../context.ts';
import { isOfStatus } from '../image-filter.ts';
import { requireImage, requireRepository } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImageReferrers.html */
export const ListImageReferrers: EcrOperation<ListImageReferrersCommandInput, ListImageReferrersCommandOutput> = async (
  ctx,
  input,
) => {
  const hasStatus = isOfStatus(input.filter?.artifactStatus, 'filter.artifactStatus');
  const types = input.filter?.artifactTypes;
  if (types) checkCount('filter.artifactTypes', types, 1, 10);
  const repository = requireRepository(ctx.store, ctx, input);
  const subject = requireImage(ctx.store, repository, { imageDigest: input.subjectId!.imageDigest! });
  const rows = findReferrers(ctx.store, repository.arn, subject.digest).filter(
    (row) => hasStatus(row) && (!types || types.includes(effectiveArtifactType(row) ?? '')),
  );
  const page = paginateList(
    input,
    rows,
    (row) => row.key,
    (row) => {
      const artifactType = effectiveArtifactType(row);
      return {
        digest: row.digest,
        mediaType: row.mediaType,
        ...(artifactType !== undefined && { artifactType }),
        size: row.manifestSizeBytes,
        ...(row.annotations && { annotations: { ...row.annotations } }),
        artifactStatus: row.status,
        hasLargeAnnotations: row.hasLargeAnnotations,
      };
    },
  );
  const referrers = await Promise.all(
    page.items.map(async ({ hasLargeAnnotations, ...one }) => {
      const manifest = hasLargeAnnotations && (await ctx.deps.blobs.read(one.digest));
      return manifest ? { ...one, annotations: annotationsOf(manifest) } : one;
    }),
  );
  return { referrers, ...(page.nextToken !== undefined && { nextToken: page.nextToken }) };
};
