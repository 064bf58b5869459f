import type { RestoreSecretCommandInput, RestoreSecretCommandOutput } from '@aws-sdk/client-secrets-manager';
import { secrets } from '#store/tables/secrets.ts';
import type { SecretsOperation } from '../context.ts';
import { resolveSecret } from '../secrets.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RestoreSecret.html */
export const RestoreSecret: SecretsOperation<RestoreSecretCommandInput, RestoreSecretCommandOutput> = (ctx, input) => {
  const { deletionAt, ...secret } = resolveSecret(ctx, input.SecretId!);
  if (deletionAt !== undefined) {
    ctx.store.transact((tx) => tx.put(secrets, { ...secret, changedAt: ctx.clock.now() }));
  }
  return { ARN: secret.arn, Name: secret.name };
};
