import type {
  GetAccountAuthorizationDetailsCommandInput,
  GetAccountAuthorizationDetailsCommandOutput,
} from '@aws-sdk/client-iam';
import type { GroupRow, RoleRow, UserRow } from '#model/iam.ts';
import { groups, roles, users } from '#store/tables/iam.ts';
import type { IamContext, IamOperation } from '../context.ts';
import { type AnyPolicy, allPolicies, attachmentsOf } from '../managed-policies.ts';
import { pageOf } from '../paging.ts';
import { groupDetail, policyDetail, roleDetail, userDetail } from '../views/details.ts';

type Entry =
  | { readonly kind: 'User'; readonly row: UserRow }
  | { readonly kind: 'Group'; readonly row: GroupRow }
  | { readonly kind: 'Role'; readonly row: RoleRow }
  | { readonly kind: 'LocalManagedPolicy' | 'AWSManagedPolicy'; readonly row: AnyPolicy };

function* everything({ store, account }: IamContext): Generator<Entry> {
  for (const row of store.find(users, 'byAccount', account)) yield { kind: 'User', row };
  for (const row of store.find(groups, 'byAccount', account)) yield { kind: 'Group', row };
  for (const row of store.find(roles, 'byAccount', account)) yield { kind: 'Role', row };
  for (const row of allPolicies(store, account, 'Local')) yield { kind: 'LocalManagedPolicy', row };
  for (const row of allPolicies(store, account, 'AWS')) {
    const isAttached = Object.values(attachmentsOf(store, account, row.arn)).some((list) => list.length > 0);
    if (isAttached) yield { kind: 'AWSManagedPolicy', row };
  }
}

/** Everything there is in the account; of AWS's policies those that are attached. */
export const GetAccountAuthorizationDetails: IamOperation<
  GetAccountAuthorizationDetailsCommandInput,
  GetAccountAuthorizationDetailsCommandOutput
> = (ctx, input) => {
  const { store, account } = ctx;
  const filter = input.Filter ?? [];
  const entries = [...everything(ctx)].filter(({ kind }) => filter.length === 0 || filter.includes(kind));
  const { items, ...page } = pageOf(input, entries, (entry) => entry.row.arn);
  const answer = {
    UserDetailList: [] as ReturnType<typeof userDetail>[],
    GroupDetailList: [] as ReturnType<typeof groupDetail>[],
    RoleDetailList: [] as ReturnType<typeof roleDetail>[],
    Policies: [] as ReturnType<typeof policyDetail>[],
  };
  for (const entry of items) {
    if (entry.kind === 'User') answer.UserDetailList.push(userDetail(entry.row));
    else if (entry.kind === 'Group') answer.GroupDetailList.push(groupDetail(entry.row));
    else if (entry.kind === 'Role') answer.RoleDetailList.push(roleDetail(ctx, entry.row));
    else answer.Policies.push(policyDetail(store, account, entry.row));
  }
  return { ...answer, ...page };
};
