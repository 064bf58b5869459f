/** BatchDeleteImage of both services. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html */
import type { RepositoryRow } from '#model/ecr.ts';
import type { Tx } from '#store/store.ts';
import { deleteImage, deleteTag, parentsOf, resolveImage } from '../delete-image.ts';
import {
  failureOf,
  type ImageFailure,
  type ImageIdentifier,
  notFound,
  referencedBy,
  tagDoesNotMatch,
} from './image-failures.ts';

/** By tag only the tag goes, by digest alone the image with all of its tags. */
function deleteOne(tx: Tx, repository: RepositoryRow, id: ImageIdentifier): ImageIdentifier[] | ImageFailure {
  const failure = failureOf(id);
  if (failure) return failure;
  const found = resolveImage(tx, repository.arn, { digest: id.imageDigest, tag: id.imageTag });
  if (found.missing) return found.missing === 'IMAGE' ? notFound(id) : tagDoesNotMatch(id);
  const { image, tag } = found;
  if (tag !== undefined) {
    deleteTag(tx, repository.arn, tag);
    return [{ imageDigest: image.digest, imageTag: tag }];
  }
  const parents = parentsOf(tx, image);
  if (parents.length > 0) return referencedBy(id, parents);
  const tags = deleteImage(tx, image);
  return tags.length === 0
    ? [{ imageDigest: image.digest }]
    : tags.map((imageTag) => ({ imageDigest: image.digest, imageTag }));
}

/** Indexes go before the images that they list, so that one request may name both in any order. */
function inOrder(tx: Tx, repository: RepositoryRow, ids: readonly ImageIdentifier[]): ImageIdentifier[] {
  const isParent = (id: ImageIdentifier) => {
    const found = failureOf(id)
      ? undefined
      : resolveImage(tx, repository.arn, { digest: id.imageDigest, tag: id.imageTag });
    return found !== undefined && found.missing === undefined && found.image.children.length > 0;
  };
  const parents = ids.filter(isParent);
  return [...parents, ...ids.filter((id) => !parents.includes(id))];
}

export function batchDeleteImages(tx: Tx, repository: RepositoryRow, ids: readonly ImageIdentifier[]) {
  const imageIds: ImageIdentifier[] = [];
  const failures: ImageFailure[] = [];
  for (const id of inOrder(tx, repository, ids)) {
    const result = deleteOne(tx, repository, id);
    if (Array.isArray(result)) imageIds.push(...result);
    else failures.push(result);
  }
  return { imageIds, failures };
}
