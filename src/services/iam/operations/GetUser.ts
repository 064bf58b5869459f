import type { GetUserCommandInput, GetUserCommandOutput, User } from '@aws-sdk/client-iam';
import { accountRow } from '../accounts.ts';
import type { IamOperation } from '../context.ts';
import { currentUser } from '../current-user.ts';
import { findUser } from '../identities.ts';
import { userView } from '../views/identities.ts';

/** Without a name: the caller. https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html */
export const GetUser: IamOperation<GetUserCommandInput, GetUserCommandOutput> = (ctx, input) => {
  const { store, account, principal } = ctx;
  const row = input.UserName === undefined ? currentUser(ctx, store) : findUser(store, account, input.UserName);
  if (row) return { User: userView(row, 'full') };
  const root = {
    UserId: account,
    Arn: principal.arn,
    CreateDate: new Date(accountRow(store, ctx).createdAt),
  };
  return { User: root as User };
};
