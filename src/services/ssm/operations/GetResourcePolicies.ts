import type { GetResourcePoliciesCommandInput, GetResourcePoliciesCommandOutput } from '@aws-sdk/client-ssm';
import { Constraints } from '#protocol/constraints.ts';
import type { SsmOperation } from '../context.ts';
import { policyHash, resolvePolicyTarget } from '../resource-policies.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetResourcePolicies.html */
export const GetResourcePolicies: SsmOperation<GetResourcePoliciesCommandInput, GetResourcePoliciesCommandOutput> = (
  ctx,
  input,
) => {
  new Constraints().number('maxResults', input.MaxResults, { min: 1, max: 50 }).check();
  const { resourcePolicy } = resolvePolicyTarget(ctx, input.ResourceArn!);
  if (!resourcePolicy) return { Policies: [] };
  const { id, document } = resourcePolicy;
  return { Policies: [{ PolicyId: id, PolicyHash: policyHash(resourcePolicy), Policy: document }] };
};
