import type {
  RegistryScanningConfiguration,
  ReplicationConfiguration,
  ScanningRepositoryFilter,
  SigningConfiguration,
} from '@aws-sdk/client-ecr';
import type { RegistryRow } from '#model/ecr-registry.ts';

export const viewReplication = (row: RegistryRow): ReplicationConfiguration => ({
  rules: (row.replicationRules ?? []).map((rule) => ({
    destinations: rule.destinations.map((one) => ({ ...one })),
    ...(rule.repositoryFilters && { repositoryFilters: rule.repositoryFilters.map((one) => ({ ...one })) }),
  })),
});

export const viewFilters = (filters: readonly string[]): ScanningRepositoryFilter[] =>
  filters.map((filter) => ({ filter, filterType: 'WILDCARD' }));

export const viewScanning = (row: RegistryRow): RegistryScanningConfiguration => ({
  scanType: row.scanning?.scanType ?? 'BASIC',
  rules: (row.scanning?.rules ?? []).map((rule) => ({
    scanFrequency: rule.scanFrequency,
    repositoryFilters: viewFilters(rule.repositoryFilters.map((one) => one.filter)),
  })),
});

export const viewSigning = (rules: NonNullable<RegistryRow['signingRules']>): SigningConfiguration => ({
  rules: rules.map((rule) => ({
    signingProfileArn: rule.signingProfileArn,
    ...(rule.repositoryFilters && { repositoryFilters: rule.repositoryFilters.map((one) => ({ ...one })) }),
  })),
});
