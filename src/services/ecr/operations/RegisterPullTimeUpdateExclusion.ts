import type {
  RegisterPullTimeUpdateExclusionCommandInput,
  RegisterPullTimeUpdateExclusionCommandOutput,
} from '@aws-sdk/client-ecr';
import { exclusionExists, limitExceeded } from '#images/api/errors.ts';
import { checkPattern } from '#images/api/validate.ts';
import type { EcrOperation } from '../context.ts';
import { updateRegistry } from '../resolve.ts';

const maxExclusions = 100;

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_RegisterPullTimeUpdateExclusion.html */
export const RegisterPullTimeUpdateExclusion: EcrOperation<
  RegisterPullTimeUpdateExclusionCommandInput,
  RegisterPullTimeUpdateExclusionCommandOutput
> = (ctx, input) => {
  const principalArn = input.principalArn!;
  checkPattern('principalArn', principalArn, 'arn:aws(-[a-z]+)*:iam::[0-9]{12}:(role|user)/[\\w+=,.@/-]{1,512}');
  const createdAt = ctx.clock.now();
  ctx.store.transact((tx) =>
    updateRegistry(tx, ctx, (before) => {
      const exclusions = before.pullTimeExclusions ?? [];
      if (exclusions.some((one) => one.principalArn === principalArn)) throw exclusionExists(principalArn);
      if (exclusions.length >= maxExclusions) {
        throw limitExceeded(`A registry can have up to ${maxExclusions} pull time update exclusions`);
      }
      return { ...before, pullTimeExclusions: [...exclusions, { principalArn, createdAt }] };
    }),
  );
  return { principalArn, createdAt: new Date(createdAt) };
};
