/** As GetAccountAuthorizationDetails answers them. */

import { lastSegment } from '#model/arn.ts';
import type { GroupRow, RoleRow, UserRow } from '#model/iam.ts';
import type { View } from '#store/store.ts';
import { instanceProfiles } from '#store/tables/iam.ts';
import type { IamContext } from '../context.ts';
import type { Identity } from '../identities.ts';
import { attachedPolicyView } from '../identity-policies.ts';
import type { AnyPolicy } from '../managed-policies.ts';
import { tagList } from '../tags.ts';
import { groupView, instanceProfileView, lastUseOf, roleView, userView } from './identities.ts';
import { encodeDocument, policyView, versionView } from './policies.ts';

const attached = (row: Identity) => row.attachedPolicyArns.map(attachedPolicyView);
const inline = (row: Identity) =>
  row.inlinePolicies.map((policy) => ({
    PolicyName: policy.name,
    PolicyDocument: encodeDocument(policy.document),
  }));

export const userDetail = (row: UserRow) => ({
  ...userView(row, 'full'),
  ...(row.inlinePolicies.length > 0 && { UserPolicyList: inline(row) }),
  GroupList: row.groupArns.map(lastSegment),
  AttachedManagedPolicies: attached(row),
  Tags: tagList(row.tags),
});

export const groupDetail = (row: GroupRow) => ({
  ...groupView(row),
  GroupPolicyList: inline(row),
  AttachedManagedPolicies: attached(row),
});

export const roleDetail = (ctx: IamContext, row: RoleRow) => ({
  ...roleView(row, 'created'),
  InstanceProfileList: [...ctx.store.find(instanceProfiles, 'byRole', row.arn)].map((profile) =>
    instanceProfileView(ctx.store, profile, 'listed'),
  ),
  RolePolicyList: inline(row),
  AttachedManagedPolicies: attached(row),
  Tags: tagList(row.tags),
  RoleLastUsed: lastUseOf(ctx, row),
});

export const policyDetail = (view: View, account: string, policy: AnyPolicy) => ({
  ...policyView(view, account, policy, 'listed'),
  ...(policy.description !== undefined && { Description: policy.description }),
  PolicyVersionList: policy.versions.toReversed().map((version) => versionView(policy, version, true)),
});
