import type { GetSecretValueCommandInput, GetSecretValueCommandOutput } from '@aws-sdk/client-secrets-manager';
import type { SecretsOperation } from '../context.ts';
import { readValue } from '../read-value.ts';
import { resolveLiveSecret } from '../secrets.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html */
export const GetSecretValue: SecretsOperation<GetSecretValueCommandInput, GetSecretValueCommandOutput> = (ctx, input) =>
  readValue(ctx, resolveLiveSecret(ctx, input.SecretId!), input.VersionId, input.VersionStage);
