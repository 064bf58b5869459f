import type { ListRoleTagsCommandInput, ListRoleTagsCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { findRole } from '../identities.ts';
import { listTags } from '../tags.ts';

export const ListRoleTags: IamOperation<ListRoleTagsCommandInput, ListRoleTagsCommandOutput> = (ctx, input) =>
  listTags(input, findRole(ctx.store, ctx.account, input.RoleName!).tags);
