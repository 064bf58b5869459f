import type {
  DeleteResourcePolicyCommandInput,
  DeleteResourcePolicyCommandOutput,
} from '@aws-sdk/client-secrets-manager';
import { secrets } from '#store/tables/secrets.ts';
import type { SecretsOperation } from '../context.ts';
import { resolveLiveSecret } from '../secrets.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteResourcePolicy.html */
export const DeleteResourcePolicy: SecretsOperation<
  DeleteResourcePolicyCommandInput,
  DeleteResourcePolicyCommandOutput
> = (ctx, input) => {
  const { policy: _, ...secret } = resolveLiveSecret(ctx, input.SecretId!);
  ctx.store.transact((tx) => tx.put(secrets, secret));
  return { ARN: secret.arn, Name: secret.name };
};
