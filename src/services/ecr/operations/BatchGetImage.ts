import type {
  BatchGetImageCommandInput,
  BatchGetImageCommandOutput,
  Image,
  ImageFailure,
  ImageIdentifier,
} from '@aws-sdk/client-ecr';
import { failureOf, notFound } from '#images/api/image-failures.ts';
import { checkCount } from '#images/api/validate.ts';
import { recordPull } from '#images/pulls.ts';
import type { ImageRow, RepositoryRow } from '#model/ecr.ts';
import type { EcrContext, EcrOperation } from '../context.ts';
import { lookUpImage, requireRepository } from '../resolve.ts';
import { importMissing } from '../upstream-images.ts';
import { named } from '../views/repository.ts';

interface Found {
  readonly id: ImageIdentifier;
  readonly image: ImageRow;
}

/** Archived images cannot be had, and one of another type than the client takes is as good as none. */
function find(
  ctx: EcrContext,
  repository: RepositoryRow,
  id: ImageIdentifier,
  accepted: readonly string[] | undefined,
): Found | ImageFailure {
  const failure = failureOf(id);
  if (failure) return failure;
  const found = lookUpImage(ctx.store, repository, id);
  if (found.missing) return notFound(id);
  const { image } = found;
  if (image.status !== 'ACTIVE' || (accepted?.length && !accepted.includes(image.mediaType))) return notFound(id);
  return { id, image };
}

const isFailure = (one: Image | Found | ImageFailure): one is ImageFailure => 'failureCode' in one;

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html */
export const BatchGetImage: EcrOperation<BatchGetImageCommandInput, BatchGetImageCommandOutput> = async (
  ctx,
  input,
) => {
  checkCount('imageIds', input.imageIds!, 1, 100);
  const upstreamFailures = await importMissing(ctx, input);
  const repository = requireRepository(ctx.store, ctx, input);
  const results = input.imageIds!.map((id) => {
    const result = find(ctx, repository, id, input.acceptedMediaTypes);
    return (isFailure(result) && upstreamFailures.get(id)) || result;
  });
  const found = results.filter((one): one is Found => !isFailure(one));
  const images = await Promise.all(
    found.map(async ({ id, image }): Promise<Image | ImageFailure> => {
      const bytes = await ctx.deps.blobs.read(image.digest);
      if (!bytes)
        return { imageId: id, failureCode: 'ImageInaccessible', failureReason: 'The manifest cannot be read' };
      return {
        ...named(repository),
        imageId: { imageDigest: image.digest, ...(id.imageTag !== undefined && { imageTag: id.imageTag }) },
        imageManifest: bytes.toString('utf8'),
        imageManifestMediaType: image.mediaType,
      };
    }),
  );
  for (const _ of found) ctx.deps.usage.count(repository.arn, 'RepositoryPullCount');
  ctx.store.transact((tx) => {
    const pull = { repositoryArn: repository.arn, atMs: ctx.clock.now(), principalArn: ctx.principal.arn };
    for (const { image } of found) recordPull(tx, { ...pull, digest: image.digest });
  });
  return {
    images: images.filter((one) => !isFailure(one)),
    failures: [...results, ...images].filter(isFailure),
  };
};
