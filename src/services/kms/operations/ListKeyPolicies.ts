import type { ListKeyPoliciesCommandInput, ListKeyPoliciesCommandOutput } from '@aws-sdk/client-kms';
import { Constraints } from '#protocol/constraints.ts';
import type { KmsOperation } from '../context.ts';
import { resolveKey } from '../resolve.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyPolicies.html. A key has one policy: default. */
export const ListKeyPolicies: KmsOperation<ListKeyPoliciesCommandInput, ListKeyPoliciesCommandOutput> = (
  ctx,
  input,
) => {
  new Constraints().number('limit', input.Limit, { min: 1, max: 1000 }).check();
  resolveKey(ctx, input.KeyId);
  return { PolicyNames: ['default'], Truncated: false };
};
