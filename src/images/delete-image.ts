/**
 * Where an image dies: by BatchDeleteImage, by DELETE over the OCI routes, by lifecycle policies, with its repository.
 * Blobs stay linked to the repository; the garbage collection of the registry takes those that no image names any more.
 */
import type { ImageRow, ImageTagRow } from '#model/ecr.ts';
import type { Tx, View } from '#store/store.ts';
import { imagePulls, imageScans, images, imageTags } from '#store/tables/ecr.ts';
import { inRepository } from './blobs.ts';
import { tagKey } from './put-image.ts';
import { forgetReplications } from './replication/request.ts';

export const findImage = (view: View, repositoryArn: string, digest: string): ImageRow | undefined =>
  view.get(images, inRepository(repositoryArn, digest));

export const findTag = (view: View, repositoryArn: string, tag: string): ImageTagRow | undefined =>
  view.get(imageTags, tagKey(repositoryArn, tag));

/** In the order of their names. */
export const tagsOf = (view: View, image: Pick<ImageRow, 'key'>): string[] =>
  Array.from(view.find(imageTags, 'byImage', image.key), (row) => row.tag);

/** Digests of the indexes of the repository that list the image. */
export const parentsOf = (view: View, image: Pick<ImageRow, 'key'>): string[] =>
  Array.from(view.find(images, 'byChild', image.key), (row) => row.digest);

/** What an image identifier names; digest and tag together must agree. */
export type Resolved =
  | { readonly missing?: undefined; readonly image: ImageRow; readonly tag?: string }
  | { readonly missing: 'IMAGE' | 'TAG_OF_OTHER_DIGEST' };

export function resolveImage(
  view: View,
  repositoryArn: string,
  id: { readonly digest?: string | undefined; readonly tag?: string | undefined },
): Resolved {
  const tagged = id.tag === undefined ? undefined : findTag(view, repositoryArn, id.tag);
  if (id.tag !== undefined && !tagged) return { missing: 'IMAGE' };
  if (tagged && id.digest !== undefined && tagged.digest !== id.digest) return { missing: 'TAG_OF_OTHER_DIGEST' };
  const digest = id.digest ?? tagged?.digest;
  const image = digest === undefined ? undefined : findImage(view, repositoryArn, digest);
  if (!image) return { missing: 'IMAGE' };
  return { image, ...(tagged && { tag: tagged.tag }) };
}

/** The image and all of its tags are gone. Answers the tags that it had. */
export function deleteImage(tx: Tx, image: ImageRow): string[] {
  const tags = tagsOf(tx, image);
  for (const tag of tags) tx.delete(imageTags, tagKey(image.repositoryArn, tag));
  tx.delete(imagePulls, image.key);
  tx.delete(imageScans, image.key);
  forgetReplications(tx, image.key);
  tx.delete(images, image.key);
  return tags;
}

/** The tag names nothing any more; its image stays, untagged when this was its last tag. False when there is no such tag. */
export function deleteTag(tx: Tx, repositoryArn: string, tag: string): boolean {
  const key = tagKey(repositoryArn, tag);
  if (!tx.get(imageTags, key)) return false;
  tx.delete(imageTags, key);
  return true;
}
