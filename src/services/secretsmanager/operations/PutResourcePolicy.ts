import type { PutResourcePolicyCommandInput, PutResourcePolicyCommandOutput } from '@aws-sdk/client-secrets-manager';
import { secrets } from '#store/tables/secrets.ts';
import type { SecretsOperation } from '../context.ts';
import { malformedPolicy, publicPolicy } from '../errors.ts';
import { findingsOf } from '../policy-check.ts';
import { resolveLiveSecret } from '../secrets.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html */
export const PutResourcePolicy: SecretsOperation<PutResourcePolicyCommandInput, PutResourcePolicyCommandOutput> = (
  ctx,
  input,
) => {
  const secret = resolveLiveSecret(ctx, input.SecretId!);
  const { malformed, isPublic } = findingsOf(input.ResourcePolicy!);
  if (malformed) throw malformedPolicy(malformed);
  if (input.BlockPublicPolicy && isPublic) throw publicPolicy();
  ctx.store.transact((tx) => tx.put(secrets, { ...secret, policy: input.ResourcePolicy! }));
  return { ARN: secret.arn, Name: secret.name };
};
