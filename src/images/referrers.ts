/** Images that say of another one that they are about it: signatures, SBOMs, attestations. */
import type { ImageRow } from '#model/ecr.ts';
import type { View } from '#store/store.ts';
import { images } from '#store/tables/ecr.ts';
import { inRepository } from './blobs.ts';
import { effectiveArtifactType } from './parse-manifest.ts';

/** In the order of their digests; the subject need not exist. */
export function findReferrers(
  view: View,
  repositoryArn: string,
  subjectDigest: string,
  artifactType?: string,
): readonly ImageRow[] {
  const rows = [...view.find(images, 'bySubject', inRepository(repositoryArn, subjectDigest))];
  return artifactType === undefined ? rows : rows.filter((row) => effectiveArtifactType(row) === artifactType);
}
