import type { ListInstanceProfileTagsCommandInput, ListInstanceProfileTagsCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { findInstanceProfile } from '../identities.ts';
import { listTags } from '../tags.ts';

export const ListInstanceProfileTags: IamOperation<
  ListInstanceProfileTagsCommandInput,
  ListInstanceProfileTagsCommandOutput
> = (ctx, input) => listTags(input, findInstanceProfile(ctx.store, ctx.account, input.InstanceProfileName!).tags);
