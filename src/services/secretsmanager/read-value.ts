/** Reading a value: which version is meant, and the mark that it was read. */
import type { SecretValueEntry } from '@aws-sdk/client-secrets-manager';
import type { SecretRow, SecretVersionRow } from '#model/secretsmanager.ts';
import { secrets, secretVersions } from '#store/tables/secrets.ts';
import type { SecretsContext } from './context.ts';
import { invalidRequest, stageNotFound, versionNotFound } from './errors.ts';
import { CURRENT, dayOf, versionKey, versionsOf, withStage } from './secrets.ts';
import { openVersion } from './values.ts';

function versionMeant(
  ctx: SecretsContext,
  secret: SecretRow,
  versionId: string | undefined,
  stage: string | undefined,
): SecretVersionRow {
  if (versionId === undefined) {
    const version = withStage(versionsOf(ctx.store, secret.arn), stage ?? CURRENT);
    if (!version) throw stageNotFound(stage ?? CURRENT);
    return version;
  }
  const version = ctx.store.get(secretVersions, versionKey(secret.arn, versionId));
  if (!version) throw versionNotFound(versionId);
  if (stage !== undefined && !version.stages.includes(stage)) {
    throw invalidRequest('You provided a VersionStage that is not associated to the provided VersionId.');
  }
  return version;
}

/** Days only, as at AWS: so a secret that is read all the time is written once a day. */
function markRead(ctx: SecretsContext, secret: SecretRow, version: SecretVersionRow): void {
  const accessedDay = dayOf(ctx.clock.now());
  if (secret.accessedDay === accessedDay && version.accessedDay === accessedDay) return;
  ctx.store.transact((tx) => {
    const row = tx.get(secrets, secret.arn);
    const read = tx.get(secretVersions, version.key);
    if (row) tx.put(secrets, { ...row, accessedDay });
    if (read) tx.put(secretVersions, { ...read, accessedDay });
  });
}

export function readValue(
  ctx: SecretsContext,
  secret: SecretRow,
  versionId?: string | undefined,
  stage?: string | undefined,
): SecretValueEntry {
  const version = versionMeant(ctx, secret, versionId, stage);
  const bytes = openVersion(ctx, secret, version);
  markRead(ctx, secret, version);
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.versionId,
    ...(version.kind === 'string' ? { SecretString: bytes.toString() } : { SecretBinary: bytes }),
    VersionStages: [...version.stages],
    CreatedDate: new Date(version.createdAt),
  };
}
