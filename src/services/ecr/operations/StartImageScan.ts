import type { StartImageScanCommandInput, StartImageScanCommandOutput } from '@aws-sdk/client-ecr';
import { unsupportedImageType, validationException } from '#images/api/errors.ts';
import { isScannable, recentRequests, requestScan } from '#images/image-scans.ts';
import type { ImageRow } from '#model/ecr.ts';
import type { Tx } from '#store/store.ts';
import { imageScans } from '#store/tables/ecr.ts';
import type { EcrContext, EcrOperation } from '../context.ts';
import { enforceQuota } from '../quotas.ts';
import { findRegistry, registryOf, requireImage, requireRepository } from '../resolve.ts';
import { viewScanStatus } from '../views/scan.ts';

function checkQuota(ctx: EcrContext, tx: Tx, image: ImageRow): void {
  const made = recentRequests(tx.get(imageScans, image.key), ctx.clock.now()).length;
  enforceQuota(ctx, 'scans-per-image-per-day', made + 1);
}

/**
 * Basic scanning only, as in AWS: enhanced scanning decides by itself what it scans. A scan that waits already is this one.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartImageScan.html
 */
export const StartImageScan: EcrOperation<StartImageScanCommandInput, StartImageScanCommandOutput> = (ctx, input) => {
  const repository = requireRepository(ctx.store, ctx, input);
  const image = requireImage(ctx.store, repository, input.imageId!);
  if (findRegistry(ctx.store, registryOf(ctx, input.registryId)).scanning?.scanType === 'ENHANCED') {
    throw validationException('This feature is disabled');
  }
  if (!isScannable(image)) throw unsupportedImageType(image.mediaType);
  const scan = ctx.store.transact((tx) => {
    checkQuota(ctx, tx, image);
    return requestScan(tx, ctx, image, { scanType: 'BASIC', wanted: 'NOW' });
  });
  return {
    registryId: repository.account,
    repositoryName: repository.name,
    imageId: { imageDigest: image.digest, ...(input.imageId?.imageTag && { imageTag: input.imageId.imageTag }) },
    imageScanStatus: viewScanStatus(ctx.store, repository, image, scan),
  };
};
