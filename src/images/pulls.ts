/** When images were last pulled, which DescribeImages answers and lifecycle policies count from. */
import { scopeKey, scopeOf } from '#model/arn.ts';
import type { Tx } from '#store/store.ts';
import { imagePulls, images, registries } from '#store/tables/ecr.ts';
import { inRepository } from './blobs.ts';

export interface Pull {
  readonly repositoryArn: string;
  readonly digest: string;
  readonly atMs: number;
  /** Who pulled; absent for pulls without a name. */
  readonly principalArn?: string;
}

/** Shorter: a row is written for more of the pulls; longer: times of pulls are coarser. */
const resolutionMs = 60_000;

/** The role behind a session, which is what exclusions name. */
const behind = (principalArn: string) =>
  principalArn.replace(/^arn:([^:]+):sts::(\d{12}):assumed-role\/([^/]+)\/.*$/, 'arn:$1:iam::$2:role/$3');

function isExcluded(tx: Tx, pull: Pull): boolean {
  const exclusions = tx.get(registries, scopeKey(scopeOf(pull.repositoryArn)))?.pullTimeExclusions;
  if (!exclusions?.length || pull.principalArn === undefined) return false;
  const names = [pull.principalArn, behind(pull.principalArn)];
  return exclusions.some((one) => names.includes(one.principalArn));
}

/** Takes note of a pull of a manifest, unless its principal is excluded; images that are gone are left alone. */
export function recordPull(tx: Tx, pull: Pull): void {
  const key = inRepository(pull.repositoryArn, pull.digest);
  const last = tx.get(imagePulls, key)?.lastPulledAt;
  if (last !== undefined && pull.atMs - last < resolutionMs) return;
  if (!tx.get(images, key) || isExcluded(tx, pull)) return;
  tx.put(imagePulls, { key, repositoryArn: pull.repositoryArn, lastPulledAt: pull.atMs });
}
