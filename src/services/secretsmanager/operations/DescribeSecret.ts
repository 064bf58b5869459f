import type { DescribeSecretCommandInput, DescribeSecretCommandOutput } from '@aws-sdk/client-secrets-manager';
import type { SecretsOperation } from '../context.ts';
import { resolveSecret, versionsOf } from '../secrets.ts';
import { describeView } from '../views.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html */
export const DescribeSecret: SecretsOperation<DescribeSecretCommandInput, DescribeSecretCommandOutput> = (
  ctx,
  input,
) => {
  const secret = resolveSecret(ctx, input.SecretId!);
  return describeView(secret, versionsOf(ctx.store, secret.arn));
};
