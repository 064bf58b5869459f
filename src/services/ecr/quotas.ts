/**
 * What AWS limits in a registry and Slipway does not unless `slipway up --quotas` says so (docs/quotas.md). Those that pushes
 * can exceed hold on every path, so the images room asks for them (`ImageLimits`); here they have their names.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html
 */
import { limitExceeded, scanQuotaExceeded } from '#images/api/errors.ts';
import { enforce, type Limits, type Quota } from '#protocol/quotas.ts';
import type { ThrottleBucket } from '#protocol/throttle.ts';
import type { EcrContext } from './context.ts';

const words = (what: string) => (limit: number) =>
  limitExceeded(`The maximum number of ${what} (${limit}) has been reached.`);

export const ecrQuotas = {
  'repositories-per-registry': {
    limit: 100_000,
    title: 'Registered repositories',
    refuse: words('repositories in the registry'),
  },
  'images-per-repository': {
    limit: 100_000,
    title: 'Images per repository',
    refuse: words('images in the repository'),
  },
  'tags-per-image': { limit: 1_000, title: 'Tags per image', refuse: words('tags of the image') },
  'cache-rules-per-registry': {
    limit: 50,
    title: 'Pull through cache rules per registry',
    refuse: words('pull through cache rules in the registry'),
  },
  /** Basic scans of one image in 24 hours, those of pushes included. */
  'scans-per-image-per-day': { limit: 1, title: 'Rate of image scans', refuse: scanQuotaExceeded },
} as const satisfies Readonly<Record<string, Quota>>;

export type EcrQuota = keyof typeof ecrQuotas;
export type EcrLimits = Limits<EcrQuota>;

export const enforceQuota = ({ deps }: Pick<EcrContext, 'deps'>, name: EcrQuota, count: number): void =>
  enforce(ecrQuotas, deps.limits, name, count);

const bucket = (operation: string, perSecond: number): ThrottleBucket => ({
  name: operation,
  burst: perSecond,
  perSecond,
  operations: [operation],
});

export const ecrThrottles: readonly ThrottleBucket[] = [
  bucket('BatchCheckLayerAvailability', 1_000),
  bucket('BatchGetImage', 2_000),
  bucket('CompleteLayerUpload', 100),
  bucket('GetAuthorizationToken', 500),
  bucket('GetDownloadUrlForLayer', 3_000),
  bucket('InitiateLayerUpload', 100),
  bucket('PutImage', 10),
  bucket('UploadLayerPart', 500),
];
