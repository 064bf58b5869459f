import type { PutResourcePolicyCommandInput, PutResourcePolicyCommandOutput } from '@aws-sdk/client-ssm';
import { hexId } from '#lib/ids.ts';
import { compilePolicy } from '#policy/policy.ts';
import { parameters } from '#store/tables/secrets.ts';
import type { SsmOperation } from '../context.ts';
import {
  invalidResourcePolicy,
  malformedResourcePolicy,
  resourcePolicyConflict,
  resourcePolicyLimit,
  resourcePolicyNotFound,
} from '../errors.ts';
import { currentVersion } from '../parameters.ts';
import { policyHash, resolvePolicyTarget } from '../resource-policies.ts';

/**
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutResourcePolicy.html. Of parameters only; what
 * it allows other accounts, they do by the parameter's ARN.
 */
export const PutResourcePolicy: SsmOperation<PutResourcePolicyCommandInput, PutResourcePolicyCommandOutput> = (
  ctx,
  input,
) => {
  const row = resolvePolicyTarget(ctx, input.ResourceArn!);
  if (currentVersion(ctx.store, row).tier !== 'Advanced') {
    throw invalidResourcePolicy('Only a parameter of the advanced tier can have a resource policy.');
  }
  const compiled = compilePolicy(input.Policy!, 'resource');
  if ('malformed' in compiled) throw malformedResourcePolicy(compiled.malformed);
  const current = row.resourcePolicy;
  if (input.PolicyId === undefined && current) throw resourcePolicyLimit();
  if (input.PolicyId !== undefined) {
    if (current?.id !== input.PolicyId) throw resourcePolicyNotFound();
    if (policyHash(current) !== input.PolicyHash) throw resourcePolicyConflict();
  }
  const resourcePolicy = { id: current?.id ?? hexId(ctx.random), document: input.Policy! };
  ctx.store.transact((tx) => tx.put(parameters, { ...row, resourcePolicy }));
  return { PolicyId: resourcePolicy.id, PolicyHash: policyHash(resourcePolicy) };
};
