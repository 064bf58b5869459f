import type {
  DeregisterPullTimeUpdateExclusionCommandInput,
  DeregisterPullTimeUpdateExclusionCommandOutput,
} from '@aws-sdk/client-ecr';
import { exclusionNotFound } from '#images/api/errors.ts';
import type { EcrOperation } from '../context.ts';
import { updateRegistry } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeregisterPullTimeUpdateExclusion.html */
export const DeregisterPullTimeUpdateExclusion: EcrOperation<
  DeregisterPullTimeUpdateExclusionCommandInput,
  DeregisterPullTimeUpdateExclusionCommandOutput
> = (ctx, input) => {
  const principalArn = input.principalArn!;
  ctx.store.transact((tx) =>
    updateRegistry(tx, ctx, (before) => {
      const exclusions = before.pullTimeExclusions ?? [];
      const pullTimeExclusions = exclusions.filter((one) => one.principalArn !== principalArn);
      if (pullTimeExclusions.length === exclusions.length) throw exclusionNotFound(principalArn);
      return { ...before, pullTimeExclusions };
    }),
  );
  return { principalArn };
};
