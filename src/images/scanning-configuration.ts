/** Which images of a registry are scanned, and when. https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-filters.html */
import type { RepositoryRow } from '#model/ecr.ts';
import type { RegistryRow, ScanFrequency } from '#model/ecr-registry.ts';
import { matchesWildcard } from './wildcard.ts';

export interface AppliedScanning {
  readonly scanType: 'BASIC' | 'ENHANCED';
  readonly scanFrequency: ScanFrequency;
  readonly scanOnPush: boolean;
  /** The filters of the registry's rules that chose the repository. */
  readonly filters: readonly string[];
}

/** A filter without a wildcard chooses every name that contains it. */
const chooses = (filter: string, name: string) =>
  filter.includes('*') ? matchesWildcard(filter, name) : name.includes(filter);

/** Rules of the registry come before the repository's own setting, which counts for basic scanning only. */
export function scanningOf(
  registry: Pick<RegistryRow, 'scanning'>,
  repository: Pick<RepositoryRow, 'name' | 'scanOnPush'>,
): AppliedScanning {
  const { scanType = 'BASIC', rules = [] } = registry.scanning ?? {};
  const chosen = rules.flatMap(({ scanFrequency, repositoryFilters }) =>
    repositoryFilters
      .filter((one) => chooses(one.filter, repository.name))
      .map((one) => ({ scanFrequency, filter: one.filter })),
  );
  const filters = [...new Set(chosen.map((one) => one.filter))];
  const has = (frequency: ScanFrequency) => chosen.some((one) => one.scanFrequency === frequency);
  if (has('CONTINUOUS_SCAN')) return { scanType, scanFrequency: 'CONTINUOUS_SCAN', scanOnPush: true, filters };
  const isOwn = scanType === 'BASIC' && rules.length === 0 && repository.scanOnPush;
  if (has('SCAN_ON_PUSH') || isOwn) return { scanType, scanFrequency: 'SCAN_ON_PUSH', scanOnPush: true, filters };
  return { scanType, scanFrequency: 'MANUAL', scanOnPush: false, filters };
}
