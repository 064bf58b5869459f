import type { ImageDetail } from '@aws-sdk/client-ecr';
import type { ImageRow, RepositoryRow } from '#model/ecr.ts';
import type { View } from '#store/store.ts';
import { imagePulls, imageScans, imageTags } from '#store/tables/ecr.ts';
import { viewScanStatus, viewSummary } from './scan.ts';

/** In the order in which the image got them. */
const tagsOf = (view: View, image: ImageRow): string[] =>
  [...view.find(imageTags, 'byImage', image.key)].sort((a, b) => a.updatedAt - b.updatedAt).map((row) => row.tag);

export function viewImage(view: View, repository: RepositoryRow, image: ImageRow): ImageDetail {
  const tags = tagsOf(view, image);
  const pulledAt = view.get(imagePulls, image.key)?.lastPulledAt;
  const scan = view.get(imageScans, image.key);
  const artifactMediaType = image.artifactType ?? image.configMediaType;
  return {
    registryId: repository.account,
    repositoryName: repository.name,
    imageDigest: image.digest,
    ...(tags.length > 0 && { imageTags: tags }),
    imageSizeInBytes: image.imageSizeBytes,
    imagePushedAt: new Date(image.pushedAt),
    imageManifestMediaType: image.mediaType,
    ...(artifactMediaType !== undefined && { artifactMediaType }),
    ...(pulledAt !== undefined && { lastRecordedPullTime: new Date(pulledAt) }),
    ...(image.subjectDigest !== undefined && { subjectManifestDigest: image.subjectDigest }),
    imageStatus: image.status,
    ...(scan && { imageScanStatus: viewScanStatus(view, repository, image, scan) }),
    ...(scan?.result && { imageScanFindingsSummary: viewSummary(scan.scanType, scan.result) }),
    ...(image.archivedAt !== undefined && { lastArchivedAt: new Date(image.archivedAt) }),
    ...(image.activatedAt !== undefined && { lastActivatedAt: new Date(image.activatedAt) }),
  };
}
