import type {
  ValidateResourcePolicyCommandInput,
  ValidateResourcePolicyCommandOutput,
} from '@aws-sdk/client-secrets-manager';
import type { SecretsOperation } from '../context.ts';
import { findingsOf, toErrors } from '../policy-check.ts';
import { resolveLiveSecret } from '../secrets.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ValidateResourcePolicy.html */
export const ValidateResourcePolicy: SecretsOperation<
  ValidateResourcePolicyCommandInput,
  ValidateResourcePolicyCommandOutput
> = (ctx, input) => {
  if (input.SecretId !== undefined) resolveLiveSecret(ctx, input.SecretId);
  const errors = toErrors(findingsOf(input.ResourcePolicy!));
  return { PolicyValidationPassed: errors.length === 0, ValidationErrors: errors };
};
