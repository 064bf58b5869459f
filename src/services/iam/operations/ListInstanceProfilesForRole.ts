import type {
  ListInstanceProfilesForRoleCommandInput,
  ListInstanceProfilesForRoleCommandOutput,
} from '@aws-sdk/client-iam';
import { instanceProfiles } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { findRole } from '../identities.ts';
import { pageOfRows } from '../paging.ts';
import { instanceProfileView } from '../views/identities.ts';

export const ListInstanceProfilesForRole: IamOperation<
  ListInstanceProfilesForRoleCommandInput,
  ListInstanceProfilesForRoleCommandOutput
> = (ctx, input) => {
  const role = findRole(ctx.store, ctx.account, input.RoleName!);
  const { items, ...page } = pageOfRows(
    input,
    (after) => ctx.store.find(instanceProfiles, 'byRole', role.arn, after),
    (row) => row.arn,
  );
  return { InstanceProfiles: items.map((row) => instanceProfileView(ctx.store, row, 'listed')), ...page };
};
