/** Tables of the vault, KMS, Parameter Store and Secrets Manager. */
import { scopeKey } from '#model/arn.ts';
import type { KmsAliasRow, KmsGrantRow, KmsKeyRow } from '#model/kms.ts';
import type { VaultKeyRow } from '#model/rows.ts';
import type { SecretRow, SecretVersionRow } from '#model/secretsmanager.ts';
import type { ParameterRow, ParameterVersionRow } from '#model/ssm.ts';
import { table } from '../table.ts';

/** The key under which everything at rest is sealed, itself wrapped by the operator's key. */
export const vaultKeys = table<VaultKeyRow>()({ name: 'vaultKeys', key: (row) => row.id, indexes: {} });

export const kmsKeys = table<KmsKeyRow>()({
  name: 'kmsKeys',
  key: (row) => row.arn,
  indexes: {
    byScope: scopeKey,
    /** All whose deletion waits. */
    deleting: (row) => (row.deletionAt === undefined ? undefined : 'deleting'),
  },
});

export const kmsAliases = table<KmsAliasRow>()({
  name: 'kmsAliases',
  key: (row) => row.arn,
  indexes: { byScope: scopeKey, byKey: (row) => row.keyArn },
});

export const kmsGrants = table<KmsGrantRow>()({
  name: 'kmsGrants',
  key: (row) => row.key,
  indexes: { byKey: (row) => row.keyArn, byRetiringPrincipal: (row) => row.retiringPrincipal },
});

export const parameters = table<ParameterRow>()({
  name: 'parameters',
  key: (row) => row.key,
  indexes: {
    byScope: scopeKey,
    /** All with a policy that has yet to act. */
    due: (row) => (row.policies.some((policy) => policy.finishedAt === undefined) ? 'due' : undefined),
  },
});

export const parameterVersions = table<ParameterVersionRow>()({
  name: 'parameterVersions',
  key: (row) => row.key,
  indexes: { byParameter: (row) => row.parameterKey },
});

export const secrets = table<SecretRow>()({
  name: 'secrets',
  key: (row) => row.arn,
  indexes: {
    byScope: scopeKey,
    byName: (row) => `${scopeKey(row)}/${row.name}`,
    /** All whose deletion waits. */
    deleting: (row) => (row.deletionAt === undefined ? undefined : 'deleting'),
  },
});

export const secretVersions = table<SecretVersionRow>()({
  name: 'secretVersions',
  key: (row) => row.key,
  indexes: { bySecret: (row) => row.secretArn },
});
