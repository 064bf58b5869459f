import type { UntagInstanceProfileCommandInput, UntagInstanceProfileCommandOutput } from '@aws-sdk/client-iam';
import { instanceProfiles } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { findInstanceProfile } from '../identities.ts';
import { dropTags } from '../tags.ts';

export const UntagInstanceProfile: IamOperation<UntagInstanceProfileCommandInput, UntagInstanceProfileCommandOutput> = (
  ctx,
  input,
) => {
  ctx.store.transact((tx) => {
    const row = findInstanceProfile(tx, ctx.account, input.InstanceProfileName!);
    tx.put(instanceProfiles, { ...row, tags: dropTags(row.tags, input.TagKeys) });
  });
  return {};
};
