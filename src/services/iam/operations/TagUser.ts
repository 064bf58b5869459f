import type { TagUserCommandInput, TagUserCommandOutput } from '@aws-sdk/client-iam';
import { users } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { findUser } from '../identities.ts';
import { mergeTags } from '../tags.ts';

export const TagUser: IamOperation<TagUserCommandInput, TagUserCommandOutput> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const row = findUser(tx, ctx.account, input.UserName!);
    tx.put(users, { ...row, tags: mergeTags(row.tags, input.Tags) });
  });
  return {};
};
