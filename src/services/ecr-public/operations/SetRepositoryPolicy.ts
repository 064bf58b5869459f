import type { SetRepositoryPolicyCommandInput, SetRepositoryPolicyCommandOutput } from '@aws-sdk/client-ecr-public';
import { checkPolicyText } from '#images/api/policy-text.ts';
import { repositories } from '#store/tables/ecr.ts';
import type { PublicOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';
import { named } from '../views.ts';

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_SetRepositoryPolicy.html */
export const SetRepositoryPolicy: PublicOperation<SetRepositoryPolicyCommandInput, SetRepositoryPolicyCommandOutput> = (
  ctx,
  input,
) => {
  const policyText = checkPolicyText(input.policyText!, 'repository');
  const row = ctx.store.transact((tx) => tx.put(repositories, { ...requireRepository(tx, ctx, input), policyText }));
  return { ...named(row), policyText };
};
