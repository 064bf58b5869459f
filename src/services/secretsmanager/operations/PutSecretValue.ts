import type { PutSecretValueCommandInput, PutSecretValueCommandOutput } from '@aws-sdk/client-secrets-manager';
import { Constraints } from '#protocol/constraints.ts';
import { secrets, secretVersions } from '#store/tables/secrets.ts';
import { repeated, versionIdOf } from '../client-token.ts';
import type { SecretsOperation } from '../context.ts';
import { invalidRequest } from '../errors.ts';
import { syncReplicas } from '../replicas.ts';
import { CURRENT, resolveWritableSecret, versionKey, versionsOf, withStage } from '../secrets.ts';
import { addVersion, keyForWriting, valueIn } from '../values.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html */
export const PutSecretValue: SecretsOperation<PutSecretValueCommandInput, PutSecretValueCommandOutput> = (
  ctx,
  input,
) => {
  const check = new Constraints().size('versionStages', input.VersionStages?.length, { min: 1, max: 20 });
  for (const [at, stage] of (input.VersionStages ?? []).entries()) {
    check.text(`versionStages.${at + 1}.member`, stage, { min: 1, max: 256 });
  }
  check.check();
  const secret = resolveWritableSecret(ctx, input.SecretId!);
  const value = valueIn(input);
  if (!value) throw invalidRequest('You must provide either SecretString or SecretBinary.');
  const id = versionIdOf(ctx, input.ClientRequestToken);
  const { arn, name } = secret;
  const again = repeated(ctx, arn, id, value);
  if (again) return { ARN: arn, Name: name, VersionId: id, VersionStages: [...again.stages] };
  const key = keyForWriting(ctx, ctx, secret.kmsKeyId, arn, id);
  const version = ctx.store.transact((tx) => {
    const hasCurrent = withStage(versionsOf(tx, arn), CURRENT) !== undefined;
    const asked = input.VersionStages ?? [CURRENT];
    const stages = hasCurrent ? asked : [...new Set([...asked, CURRENT])];
    addVersion(ctx, tx, { arn, id, value, stages }, key);
    tx.put(secrets, { ...secret, changedAt: ctx.clock.now() });
    syncReplicas(ctx, tx, arn);
    return tx.get(secretVersions, versionKey(arn, id))!;
  });
  return { ARN: arn, Name: name, VersionId: id, VersionStages: [...version.stages] };
};
