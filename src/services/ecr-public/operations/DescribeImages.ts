import type { DescribeImagesCommandInput, DescribeImagesCommandOutput, ImageDetail } from '@aws-sdk/client-ecr-public';
import { imageNotFound } from '#images/api/errors.ts';
import { paginate, refusePaging } from '#images/api/pagination.ts';
import { checkCount, checkImageId } from '#images/api/validate.ts';
import { resolveImage, tagsOf } from '#images/delete-image.ts';
import type { ImageRow, RepositoryRow } from '#model/ecr.ts';
import type { View } from '#store/store.ts';
import { images } from '#store/tables/ecr.ts';
import type { PublicOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';
import { named } from '../views.ts';

function viewImage(view: View, repository: RepositoryRow, image: ImageRow): ImageDetail {
  const tags = tagsOf(view, image);
  const artifactMediaType = image.artifactType ?? image.configMediaType;
  return {
    ...named(repository),
    imageDigest: image.digest,
    ...(tags.length > 0 && { imageTags: tags }),
    imageSizeInBytes: image.imageSizeBytes,
    imagePushedAt: new Date(image.pushedAt),
    imageManifestMediaType: image.mediaType,
    ...(artifactMediaType !== undefined && { artifactMediaType }),
  };
}

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_DescribeImages.html */
export const DescribeImages: PublicOperation<DescribeImagesCommandInput, DescribeImagesCommandOutput> = (
  ctx,
  input,
) => {
  const repository = requireRepository(ctx.store, ctx, input);
  if (input.imageIds) {
    checkCount('imageIds', input.imageIds, 1, 100);
    refusePaging(input, 'imageIds');
    const rows = input.imageIds.map((id) => {
      checkImageId(id);
      const found = resolveImage(ctx.store, repository.arn, { digest: id.imageDigest, tag: id.imageTag });
      if (found.missing) throw imageNotFound(repository, id);
      return found.image;
    });
    return { imageDetails: [...new Set(rows)].map((row) => viewImage(ctx.store, repository, row)) };
  }
  const page = paginate({
    request: input,
    walk: (after) => ctx.store.find(images, 'byRepository', repository.arn, after),
    key: (row) => row.key,
    toItem: (row) => viewImage(ctx.store, repository, row),
  });
  return { imageDetails: page.items, ...(page.nextToken !== undefined && { nextToken: page.nextToken }) };
};
