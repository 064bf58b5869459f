import type { DescribeImageTagsCommandInput, DescribeImageTagsCommandOutput } from '@aws-sdk/client-ecr-public';
import { paginate } from '#images/api/pagination.ts';
import { findImage } from '#images/delete-image.ts';
import { imageTags } from '#store/tables/ecr.ts';
import type { PublicOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_DescribeImageTags.html */
export const DescribeImageTags: PublicOperation<DescribeImageTagsCommandInput, DescribeImageTagsCommandOutput> = (
  ctx,
  input,
) => {
  const repository = requireRepository(ctx.store, ctx, input);
  const page = paginate({
    request: input,
    walk: (after) => ctx.store.find(imageTags, 'byRepository', repository.arn, after),
    key: (row) => row.key,
    toItem: (row) => {
      const image = findImage(ctx.store, repository.arn, row.digest)!;
      const artifactMediaType = image.artifactType ?? image.configMediaType;
      return {
        imageTag: row.tag,
        createdAt: new Date(row.updatedAt),
        imageDetail: {
          imageDigest: image.digest,
          imageSizeInBytes: image.imageSizeBytes,
          imagePushedAt: new Date(image.pushedAt),
          imageManifestMediaType: image.mediaType,
          ...(artifactMediaType !== undefined && { artifactMediaType }),
        },
      };
    },
  });
  return { imageTagDetails: page.items, ...(page.nextToken !== undefined && { nextToken: page.nextToken }) };
};
