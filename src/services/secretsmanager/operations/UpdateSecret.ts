import type { UpdateSecretCommandInput, UpdateSecretCommandOutput } from '@aws-sdk/client-secrets-manager';
import type { KmsKeyRow } from '#model/kms.ts';
import type { SecretRow } from '#model/secretsmanager.ts';
import { Constraints } from '#protocol/constraints.ts';
import type { Tx } from '#store/store.ts';
import { secrets, secretVersions } from '#store/tables/secrets.ts';
import { repeated, versionIdOf } from '../client-token.ts';
import type { SecretsContext, SecretsOperation } from '../context.ts';
import { validation } from '../errors.ts';
import { syncReplicas } from '../replicas.ts';
import { CURRENT, resolveWritableSecret, versionsOf } from '../secrets.ts';
import { addVersion, keyForWriting, openVersion, sealVersion, valueIn } from '../values.ts';

/** Under a new key: the versions that have labels, so that the old key can go. */
function reseal(ctx: SecretsContext, tx: Tx, secret: SecretRow, key: KmsKeyRow): void {
  for (const version of versionsOf(tx, secret.arn).filter(({ stages }) => stages.length > 0)) {
    const bytes = openVersion(ctx, secret, version);
    const sealed = sealVersion(ctx, tx, key, secret.arn, version.versionId, bytes);
    tx.put(secretVersions, { ...version, ...sealed });
  }
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html */
export const UpdateSecret: SecretsOperation<UpdateSecretCommandInput, UpdateSecretCommandOutput> = (ctx, input) => {
  new Constraints().text('description', input.Description, { max: 2048 }).check();
  if (input.Type !== undefined) throw validation('Slipway does not keep external secrets: Type is not supported.');
  const secret = resolveWritableSecret(ctx, input.SecretId!);
  const { arn, name } = secret;
  const value = valueIn(input);
  const id = versionIdOf(ctx, input.ClientRequestToken);
  const again = value && repeated(ctx, arn, id, value);
  const isOtherKey = input.KmsKeyId !== undefined && input.KmsKeyId !== secret.kmsKeyId;
  const named = input.KmsKeyId === undefined ? secret.kmsKeyId : input.KmsKeyId || undefined;
  const key = (value && !again) || isOtherKey ? keyForWriting(ctx, ctx, named, arn, id) : undefined;
  const { kmsKeyId: _, ...rest } = secret;
  ctx.store.transact((tx) => {
    tx.put(secrets, {
      ...rest,
      ...(named !== undefined && { kmsKeyId: named }),
      ...(input.Description !== undefined && { description: input.Description }),
      changedAt: ctx.clock.now(),
    });
    if (isOtherKey) reseal(ctx, tx, secret, key!);
    if (value && !again) addVersion(ctx, tx, { arn, id, value, stages: [CURRENT] }, key!);
    syncReplicas(ctx, tx, arn);
  });
  return { ARN: arn, Name: name, ...(value && { VersionId: id }) };
};
