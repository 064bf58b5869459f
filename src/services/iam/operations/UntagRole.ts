import type { UntagRoleCommandInput, UntagRoleCommandOutput } from '@aws-sdk/client-iam';
import { roles } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { findRole } from '../identities.ts';
import { dropTags } from '../tags.ts';

export const UntagRole: IamOperation<UntagRoleCommandInput, UntagRoleCommandOutput> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const row = findRole(tx, ctx.account, input.RoleName!);
    tx.put(roles, { ...row, tags: dropTags(row.tags, input.TagKeys) });
  });
  return {};
};
