import type { GetLoginProfileCommandInput, GetLoginProfileCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { findProfile, loginProfileView } from '../login-profiles.ts';

export const GetLoginProfile: IamOperation<GetLoginProfileCommandInput, GetLoginProfileCommandOutput> = (
  ctx,
  input,
) => ({ LoginProfile: loginProfileView(findProfile(ctx, ctx.store, input.UserName)) });
