import type { CancelRotateSecretCommandInput, CancelRotateSecretCommandOutput } from '@aws-sdk/client-secrets-manager';
import { secrets } from '#store/tables/secrets.ts';
import type { SecretsOperation } from '../context.ts';
import { invalidRequest } from '../errors.ts';
import { resolveWritableSecret } from '../secrets.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CancelRotateSecret.html */
export const CancelRotateSecret: SecretsOperation<CancelRotateSecretCommandInput, CancelRotateSecretCommandOutput> = (
  ctx,
  input,
) => {
  const secret = resolveWritableSecret(ctx, input.SecretId!);
  const { rotation } = secret;
  if (!rotation) throw invalidRequest("Rotation isn't configured for this secret.");
  ctx.store.transact((tx) =>
    tx.put(secrets, { ...secret, changedAt: ctx.clock.now(), rotation: { ...rotation, enabled: false } }),
  );
  return { ARN: secret.arn, Name: secret.name };
};
