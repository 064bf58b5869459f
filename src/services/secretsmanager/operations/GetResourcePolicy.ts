import type { GetResourcePolicyCommandInput, GetResourcePolicyCommandOutput } from '@aws-sdk/client-secrets-manager';
import type { SecretsOperation } from '../context.ts';
import { resolveSecret } from '../secrets.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetResourcePolicy.html */
export const GetResourcePolicy: SecretsOperation<GetResourcePolicyCommandInput, GetResourcePolicyCommandOutput> = (
  ctx,
  input,
) => {
  const { arn, name, policy } = resolveSecret(ctx, input.SecretId!);
  return { ARN: arn, Name: name, ...(policy !== undefined && { ResourcePolicy: policy }) };
};
