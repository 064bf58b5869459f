/**
 * What AWS limits in a registry and Slipway does not unless `slipway up --quotas` says so (docs/quotas.md).
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html
 */
import type { ThrottleBucket } from '#protocol/throttle.ts';

export const ecrQuotas = {
  /** Basic scans of one image in 24 hours, those of pushes included. */
  'scans-per-image-per-day': { limit: 1, title: 'Image scans' },
} as const;

export type EcrLimits = Readonly<Partial<Record<keyof typeof ecrQuotas, number>>>;

export const ecrThrottles: readonly ThrottleBucket[] = [];
