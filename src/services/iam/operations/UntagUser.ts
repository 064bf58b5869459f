import type { UntagUserCommandInput, UntagUserCommandOutput } from '@aws-sdk/client-iam';
import { users } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { findUser } from '../identities.ts';
import { dropTags } from '../tags.ts';

export const UntagUser: IamOperation<UntagUserCommandInput, UntagUserCommandOutput> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const row = findUser(tx, ctx.account, input.UserName!);
    tx.put(users, { ...row, tags: dropTags(row.tags, input.TagKeys) });
  });
  return {};
};
