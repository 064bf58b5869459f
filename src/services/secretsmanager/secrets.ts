/** Secrets and their versions in the store: finding them by what clients call them, and moving staging labels. */
import { parseArn, partitionOf, type Scope, scopeKey } from '#model/arn.ts';
import type { SecretRow, SecretVersionRow } from '#model/secretsmanager.ts';
import type { Tx, View } from '#store/store.ts';
import { secrets, secretVersions } from '#store/tables/secrets.ts';
import type { SecretsContext } from './context.ts';
import { isReplica, markedForDeletion, secretNotFound } from './errors.ts';

export const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';
const MAX_VERSIONS = 100;

/** `suffix`: six characters, which tell secrets that follow each other under one name apart. */
export const secretArn = (scope: Scope, name: string, suffix: string): string =>
  `arn:${partitionOf(scope.region)}:secretsmanager:${scope.region}:${scope.account}:secret:${name}-${suffix}`;

export const versionKey = (arn: string, versionId: string): string => `${arn}#${versionId}`;

const byName = (view: View, scope: Scope, name: string): SecretRow | undefined => {
  for (const row of view.find(secrets, 'byName', `${scopeKey(scope)}/${name}`)) return row;
  return undefined;
};

/** By name, whole ARN, or an ARN without its last seven characters; other accounts' by whole ARN only. */
export function findSecret(view: View, scope: Scope, id: string): SecretRow | undefined {
  if (!id.startsWith('arn:')) return byName(view, scope, id);
  const parsed = parseArn(id);
  if (parsed?.service !== 'secretsmanager' || parsed.region !== scope.region) return undefined;
  const whole = view.get(secrets, id);
  if (whole) return whole;
  return parsed.account === scope.account ? byName(view, scope, parsed.resource.replace(/^secret:/, '')) : undefined;
}

/** There, though perhaps marked for deletion. */
export function resolveSecret(ctx: SecretsContext, id: string): SecretRow {
  const row = findSecret(ctx.store, ctx, id);
  if (!row || (row.deletionAt !== undefined && row.deletionAt <= ctx.clock.now())) throw secretNotFound();
  return row;
}

export function resolveLiveSecret(ctx: SecretsContext, id: string): SecretRow {
  const row = resolveSecret(ctx, id);
  if (row.deletionAt !== undefined) throw markedForDeletion();
  return row;
}

/** One that may be changed: neither marked for deletion nor a replica. */
export function resolveWritableSecret(ctx: SecretsContext, id: string): SecretRow {
  const row = resolveLiveSecret(ctx, id);
  if (row.primaryRegion !== undefined) throw isReplica();
  return row;
}

/** Oldest first. */
export const versionsOf = (view: View, arn: string): SecretVersionRow[] =>
  [...view.find(secretVersions, 'bySecret', arn)].sort((a, b) => a.createdAt - b.createdAt);

export const withStage = (versions: readonly SecretVersionRow[], stage: string): SecretVersionRow | undefined =>
  versions.find(({ stages }) => stages.includes(stage));

/**
 * Gives the version these labels and takes them from the others. The version that AWSCURRENT leaves becomes
 * AWSPREVIOUS.
 */
export function attachStages(tx: Tx, arn: string, versionId: string, stages: readonly string[]): void {
  const versions = versionsOf(tx, arn);
  const before = stages.includes(CURRENT) ? withStage(versions, CURRENT) : undefined;
  const leaves = before && before.versionId !== versionId ? before.versionId : undefined;
  for (const version of versions) {
    const taken = leaves === undefined ? stages : [...stages, PREVIOUS];
    let kept = version.stages.filter((stage) => !taken.includes(stage));
    if (version.versionId === versionId) kept = [...kept, ...stages];
    else if (version.versionId === leaves && !kept.includes(PREVIOUS)) kept = [...kept, PREVIOUS];
    if (kept.join() !== version.stages.join()) tx.put(secretVersions, { ...version, stages: kept });
  }
}

/** Versions without labels are deprecated; the oldest of them make room. */
export function dropDeprecated(tx: Tx, arn: string): void {
  const versions = versionsOf(tx, arn);
  const excess = versions.length - MAX_VERSIONS;
  const deprecated = versions.filter(({ stages }) => stages.length === 0);
  for (const version of deprecated.slice(0, Math.max(0, excess))) tx.delete(secretVersions, version.key);
}

export function deleteSecret(tx: Tx, arn: string): void {
  for (const version of versionsOf(tx, arn)) tx.delete(secretVersions, version.key);
  tx.delete(secrets, arn);
}

export const dayOf = (now: number): number => now - (now % 86_400_000);
