/**
 * Where scans are asked for: by a push, by StartImageScan, by a change of what scans continuously. The row is the request;
 * the reconciler `image-scans` sees to it.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html
 */
import { scopeKey, scopeOf } from '#model/arn.ts';
import type { ImageRow, RepositoryRow } from '#model/ecr.ts';
import type { RegistryRow } from '#model/ecr-registry.ts';
import type { ImageScanRow, ScanType } from '#model/image-scan.ts';
import type { Tx, View } from '#store/store.ts';
import { imageScans, registries } from '#store/tables/ecr.ts';
import type { ImageDeps } from './blobs.ts';
import { type AppliedScanning, scanningOf } from './scanning-configuration.ts';

/** Configs of container images; everything else that is pushed has no file system to look into. */
const configTypes: readonly string[] = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];

const isFileSystem = ({ mediaType }: { readonly mediaType: string }) => /\.(?:layer|rootfs)\.|\btar\b/.test(mediaType);

/** Indexes, charts, signatures and the like are not; of an index each image is scanned by itself. */
export const isScannable = (
  image: Pick<ImageRow, 'configMediaType' | 'children' | 'artifactType' | 'layers'>,
): boolean =>
  image.children.length === 0 &&
  image.artifactType === undefined &&
  image.configMediaType !== undefined &&
  configTypes.includes(image.configMediaType) &&
  image.layers.every(isFileSystem);

export function scanningOfRepository(view: View, repository: RepositoryRow): AppliedScanning {
  const registry: Pick<RegistryRow, 'scanning'> = view.get(registries, scopeKey(scopeOf(repository.arn))) ?? {};
  return scanningOf(registry, repository);
}

const dayMs = 86_400_000;
/** More: rows of images that are scanned all day are larger; fewer: a higher quota cannot be counted. */
const maxRecentRequests = 100;

/** Requests of the last 24 hours, the quota of basic scanning. */
export const recentRequests = (scan: ImageScanRow | undefined, nowMs: number): readonly number[] =>
  scan?.recentRequests.filter((at) => at > nowMs - dayMs) ?? [];

/** A request that waits already is that of both. */
export function requestScan(
  tx: Tx,
  deps: ImageDeps,
  image: Pick<ImageRow, 'key' | 'repositoryArn' | 'digest'>,
  request: { readonly scanType: ScanType; readonly wanted: NonNullable<ImageScanRow['wanted']> },
): ImageScanRow {
  const before = tx.get(imageScans, image.key);
  const { scanType, wanted } = request;
  if (before?.wanted && before.scanType === scanType) {
    return wanted === before.wanted || wanted === 'LATER' ? before : tx.put(imageScans, { ...before, wanted });
  }
  const now = deps.clock.now();
  const kept = before?.scanType === scanType ? before : undefined;
  return tx.put(imageScans, {
    key: image.key,
    repositoryArn: image.repositoryArn,
    digest: image.digest,
    scanType,
    generation: (before?.generation ?? 0) + 1,
    requestedAt: now,
    recentRequests: [...recentRequests(before, now), now].slice(-maxRecentRequests),
    wanted,
    attempts: 0,
    ...(kept?.result && { result: kept.result }),
  });
}

/** For an image that has just been born or restored; does what the registry's rules and the repository say. */
export function scanOnPush(tx: Tx, deps: ImageDeps, repository: RepositoryRow, image: ImageRow): void {
  if (repository.kind !== 'private' || !isScannable(image)) return;
  const { scanOnPush: isOn, scanType } = scanningOfRepository(tx, repository);
  if (isOn) requestScan(tx, deps, image, { scanType, wanted: 'NOW' });
}
