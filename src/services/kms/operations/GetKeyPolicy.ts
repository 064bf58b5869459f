import type { GetKeyPolicyCommandInput, GetKeyPolicyCommandOutput } from '@aws-sdk/client-kms';
import type { KmsOperation } from '../context.ts';
import { notFound } from '../errors.ts';
import { resolveKey } from '../resolve.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html */
export const GetKeyPolicy: KmsOperation<GetKeyPolicyCommandInput, GetKeyPolicyCommandOutput> = (ctx, input) => {
  const key = resolveKey(ctx, input.KeyId);
  const name = input.PolicyName ?? 'default';
  if (name !== 'default') throw notFound(`No such policy exists`);
  return { Policy: key.policy, PolicyName: name };
};
