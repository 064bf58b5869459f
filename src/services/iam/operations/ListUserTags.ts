import type { ListUserTagsCommandInput, ListUserTagsCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { findUser } from '../identities.ts';
import { listTags } from '../tags.ts';

export const ListUserTags: IamOperation<ListUserTagsCommandInput, ListUserTagsCommandOutput> = (ctx, input) =>
  listTags(input, findUser(ctx.store, ctx.account, input.UserName!).tags);
