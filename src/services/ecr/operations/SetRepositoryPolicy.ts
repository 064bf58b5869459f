import type { SetRepositoryPolicyCommandInput, SetRepositoryPolicyCommandOutput } from '@aws-sdk/client-ecr';
import { checkPolicyText } from '#images/api/policy-text.ts';
import type { EcrOperation } from '../context.ts';
import { updateRepository } from '../resolve.ts';
import { named } from '../views/repository.ts';

/**
 * `force` changes nothing: no policy can lock its account out for good, because whoever may do everything in the account
 * may delete the policy.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html
 */
export const SetRepositoryPolicy: EcrOperation<SetRepositoryPolicyCommandInput, SetRepositoryPolicyCommandOutput> = (
  ctx,
  input,
) => {
  const policyText = checkPolicyText(input.policyText!, 'repository');
  const row = ctx.store.transact((tx) => updateRepository(tx, ctx, input, (before) => ({ ...before, policyText })));
  return { ...named(row), policyText };
};
