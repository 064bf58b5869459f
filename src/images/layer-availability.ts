/** Whether a repository's blob can be had: it is archived when all of the images that name it are. */
import type { View } from '#store/store.ts';
import { images } from '#store/tables/ecr.ts';
import { inRepository } from './blobs.ts';

export interface LayerState {
  readonly availability: 'AVAILABLE' | 'ARCHIVED';
  /** Some image names it; a blob that was uploaded and not yet used is none's. */
  readonly isReferenced: boolean;
  /** As the first image that names it says. */
  readonly mediaType?: string;
}

export function availabilityOf(view: View, repositoryArn: string, digest: string): LayerState {
  let mediaType: string | undefined;
  let isReferenced = false;
  for (const image of view.find(images, 'byBlob', inRepository(repositoryArn, digest))) {
    isReferenced = true;
    mediaType ??= [image.config, ...image.layers].find((blob) => blob?.digest === digest)?.mediaType;
    if (image.status === 'ACTIVE') {
      return { availability: 'AVAILABLE', isReferenced, ...(mediaType !== undefined && { mediaType }) };
    }
  }
  return {
    availability: isReferenced ? 'ARCHIVED' : 'AVAILABLE',
    isReferenced,
    ...(mediaType !== undefined && { mediaType }),
  };
}
