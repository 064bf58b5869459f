import type { TagInstanceProfileCommandInput, TagInstanceProfileCommandOutput } from '@aws-sdk/client-iam';
import { instanceProfiles } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { findInstanceProfile } from '../identities.ts';
import { mergeTags } from '../tags.ts';

export const TagInstanceProfile: IamOperation<TagInstanceProfileCommandInput, TagInstanceProfileCommandOutput> = (
  ctx,
  input,
) => {
  ctx.store.transact((tx) => {
    const row = findInstanceProfile(tx, ctx.account, input.InstanceProfileName!);
    tx.put(instanceProfiles, { ...row, tags: mergeTags(row.tags, input.Tags) });
  });
  return {};
};
