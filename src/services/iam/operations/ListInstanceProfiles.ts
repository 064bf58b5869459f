import type { ListInstanceProfilesCommandInput, ListInstanceProfilesCommandOutput } from '@aws-sdk/client-iam';
import { instanceProfiles } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { pageOfRows } from '../paging.ts';
import { instanceProfileView } from '../views/identities.ts';

export const ListInstanceProfiles: IamOperation<ListInstanceProfilesCommandInput, ListInstanceProfilesCommandOutput> = (
  ctx,
  input,
) => {
  const prefix = input.PathPrefix ?? '/';
  const { items, ...page } = pageOfRows(
    input,
    (after) => ctx.store.find(instanceProfiles, 'byAccount', ctx.account, after),
    (row) => row.arn,
    (row) => row.path.startsWith(prefix),
  );
  return { InstanceProfiles: items.map((row) => instanceProfileView(ctx.store, row, 'listed')), ...page };
};
