/**
 * Replicas in other regions of this Slipway. Every transaction that changes a primary secret ends in `syncReplicas`,
 * which makes each replica what its primary is, under a key of the replica's region.
 */
import type { ReplicaRegionType } from '@aws-sdk/client-secrets-manager';
import { defaultKey, findKey, problemOf } from '#keys/kms-key.ts';
import type { Scope } from '#model/arn.ts';
import type { KmsKeyRow } from '#model/kms.ts';
import type { SecretReplica, SecretRow } from '#model/secretsmanager.ts';
import type { Tx } from '#store/store.ts';
import { secrets, secretVersions } from '#store/tables/secrets.ts';
import { keyDeps, type SecretsContext } from './context.ts';
import { invalidParameter } from './errors.ts';
import { deleteSecret, findSecret, versionKey, versionsOf } from './secrets.ts';
import { keyForWriting, openUnasked, sealVersion } from './values.ts';

const IN_SYNC = 'Replication succeeded';

/** The same name and suffix in another region. */
export const replicaArn = (primary: Pick<SecretRow, 'arn' | 'region'>, region: string): string =>
  primary.arn.replace(`:${primary.region}:`, `:${region}:`);

const scopeIn = (primary: SecretRow, region: string): Scope => ({ account: primary.account, region });

function keyOf(ctx: SecretsContext, tx: Tx, primary: SecretRow, replica: SecretReplica): KmsKeyRow | undefined {
  const scope = scopeIn(primary, replica.region);
  const key =
    replica.kmsKeyId === undefined
      ? defaultKey(tx, keyDeps(ctx), scope, 'alias/aws/secretsmanager')
      : findKey(tx, scope, replica.kmsKeyId);
  return problemOf(key) === undefined ? key : undefined;
}

/** Undefined when it is done, else why it is not. */
function syncReplica(ctx: SecretsContext, tx: Tx, primary: SecretRow, replica: SecretReplica): string | undefined {
  const key = keyOf(ctx, tx, primary, replica);
  if (!key) return 'Replication failed: the KMS key cannot be used.';
  const arn = replicaArn(primary, replica.region);
  const own = tx.get(secrets, arn);
  const { kmsKeyId: _, replicas: __, policy: ___, rotation: ____, ...shared } = primary;
  tx.put(secrets, {
    ...shared,
    arn,
    region: replica.region,
    ...(replica.kmsKeyId !== undefined && { kmsKeyId: replica.kmsKeyId }),
    ...(own?.policy !== undefined && { policy: own.policy }),
    replicas: [],
    primaryRegion: primary.region,
  });
  const versions = versionsOf(tx, primary.arn);
  for (const stale of versionsOf(tx, arn)) {
    if (!versions.some(({ versionId }) => versionId === stale.versionId)) tx.delete(secretVersions, stale.key);
  }
  for (const version of versions) {
    const at = versionKey(arn, version.versionId);
    const copy = tx.get(secretVersions, at);
    const sealed = copy ?? sealVersion(ctx, tx, key, arn, version.versionId, openUnasked(ctx, version));
    const { sealed: bytes, kmsKeyArn } = sealed;
    tx.put(secretVersions, { ...version, key: at, secretArn: arn, sealed: bytes, kmsKeyArn });
  }
  return undefined;
}

/** Brings every replica to what the primary is, at the end of the transaction that changed it. */
export function syncReplicas(ctx: SecretsContext, tx: Tx, arn: string): void {
  const primary = tx.get(secrets, arn);
  if (!primary || primary.replicas.length === 0) return;
  const replicas = primary.replicas.map((replica): SecretReplica => {
    if (isTaken(tx, primary, replica.region)) return replica;
    const failure = syncReplica(ctx, tx, primary, replica);
    return { ...replica, status: failure ? 'Failed' : 'InSync', statusMessage: failure ?? IN_SYNC };
  });
  tx.put(secrets, { ...primary, replicas });
}

/** Another secret has the name in that region. */
function isTaken(tx: Tx, primary: SecretRow, region: string): boolean {
  const other = findSecret(tx, scopeIn(primary, region), primary.name);
  return other !== undefined && other.primaryRegion !== primary.region;
}

function checkRegions(primary: SecretRow, added: readonly ReplicaRegionType[]): void {
  const regions = added.map(({ Region }) => Region);
  if (new Set(regions).size !== regions.length) throw invalidParameter('Duplicate replica regions.');
  for (const region of regions) {
    if (!region || !/^([a-z]+-)+\d+$/.test(region) || region === primary.region) {
      throw invalidParameter('Invalid replica region.');
    }
    if (primary.replicas.some((replica) => replica.region === region && replica.status === 'InSync')) {
      throw invalidParameter(`The secret is already replicated to ${region}.`);
    }
  }
}

/** Before the transaction: the regions are fine, and the caller may use the keys that are to hold the copies. */
export function checkReplicas(
  ctx: SecretsContext,
  primary: SecretRow,
  added: readonly ReplicaRegionType[] | undefined,
  versionId: string,
): void {
  checkRegions(primary, added ?? []);
  for (const { Region, KmsKeyId } of added ?? []) {
    keyForWriting(ctx, scopeIn(primary, Region!), KmsKeyId, replicaArn(primary, Region!), versionId);
  }
}

/** Adds the regions and fills them. A secret of the same name there stays, and the replica Failed, unless `force`. */
export function addReplicas(
  ctx: SecretsContext,
  tx: Tx,
  arn: string,
  added: readonly ReplicaRegionType[] | undefined,
  force: boolean | undefined,
): void {
  if (!added?.length) return;
  const primary = tx.get(secrets, arn)!;
  const made = added.map(({ Region, KmsKeyId }): SecretReplica => {
    const taken = isTaken(tx, primary, Region!);
    const other = taken && findSecret(tx, scopeIn(primary, Region!), primary.name);
    if (other && force) deleteSecret(tx, other.arn);
    return {
      region: Region!,
      ...(KmsKeyId !== undefined && { kmsKeyId: KmsKeyId }),
      status: 'Failed',
      statusMessage: `Replication failed: Secret name ${primary.name} already exists in region ${Region}.`,
    };
  });
  const kept = primary.replicas.filter(({ region }) => !made.some((one) => one.region === region));
  tx.put(secrets, { ...primary, replicas: [...kept, ...made] });
  syncReplicas(ctx, tx, arn);
}
