import type { GetInstanceProfileCommandInput, GetInstanceProfileCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { findInstanceProfile } from '../identities.ts';
import { instanceProfileView } from '../views/identities.ts';

export const GetInstanceProfile: IamOperation<GetInstanceProfileCommandInput, GetInstanceProfileCommandOutput> = (
  ctx,
  input,
) => {
  const row = findInstanceProfile(ctx.store, ctx.account, input.InstanceProfileName!);
  return { InstanceProfile: instanceProfileView(ctx.store, row, 'full') };
};
