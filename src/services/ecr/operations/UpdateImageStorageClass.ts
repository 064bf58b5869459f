import type { UpdateImageStorageClassCommandInput, UpdateImageStorageClassCommandOutput } from '@aws-sdk/client-ecr';
import { storageClassUnsupported } from '#images/api/errors.ts';
import { checkOneOf } from '#images/api/validate.ts';
import { parentsOf } from '#images/delete-image.ts';
import { activateImage, archiveImage } from '#images/storage-class.ts';
import type { EcrOperation } from '../context.ts';
import { requireImage, requireRepository } from '../resolve.ts';
import { named } from '../views/repository.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UpdateImageStorageClass.html */
export const UpdateImageStorageClass: EcrOperation<
  UpdateImageStorageClassCommandInput,
  UpdateImageStorageClassCommandOutput
> = (ctx, input) => {
  const target = checkOneOf('targetStorageClass', input.targetStorageClass!, ['STANDARD', 'ARCHIVE']);
  const imageTag = input.imageId!.imageTag;
  return ctx.store.transact((tx) => {
    const repository = requireRepository(tx, ctx, input);
    const image = requireImage(tx, repository, input.imageId!);
    const parents = parentsOf(tx, image);
    if (target === 'ARCHIVE' && parents.length > 0) {
      throw storageClassUnsupported(`The image is referenced by manifest list: [${parents.join(', ')}]`);
    }
    const row = target === 'ARCHIVE' ? archiveImage(tx, ctx, image) : activateImage(tx, ctx, image);
    return {
      ...named(repository),
      imageId: { imageDigest: row.digest, ...(imageTag !== undefined && { imageTag }) },
      imageStatus: row.status,
    };
  });
};
