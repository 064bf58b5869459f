import type { TagRoleCommandInput, TagRoleCommandOutput } from '@aws-sdk/client-iam';
import { roles } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { findRole } from '../identities.ts';
import { mergeTags } from '../tags.ts';

export const TagRole: IamOperation<TagRoleCommandInput, TagRoleCommandOutput> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const row = findRole(tx, ctx.account, input.RoleName!);
    tx.put(roles, { ...row, tags: mergeTags(row.tags, input.Tags) });
  });
  return {};
};
