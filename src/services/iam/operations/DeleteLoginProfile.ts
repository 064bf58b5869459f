import type { DeleteLoginProfileCommandInput, DeleteLoginProfileCommandOutput } from '@aws-sdk/client-iam';
import { users } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { findProfile } from '../login-profiles.ts';

export const DeleteLoginProfile: IamOperation<DeleteLoginProfileCommandInput, DeleteLoginProfileCommandOutput> = (
  ctx,
  input,
) => {
  ctx.store.transact((tx) => {
    const { loginProfile: _, ...user } = findProfile(ctx, tx, input.UserName);
    tx.put(users, user);
  });
  return {};
};
