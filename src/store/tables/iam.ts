/** Tables of accounts, IAM and the identities of machines. */
import { scopeKey } from '#model/arn.ts';
import type {
  AccessKeyUseRow,
  AccountRow,
  GroupRow,
  InstanceProfileRow,
  ManagedPolicyRow,
  OpenIdConnectProviderRow,
  RevokedSessionRow,
  RoleRow,
  RoleUseRow,
  ServiceLinkedRoleDeletionRow,
  UserRow,
} from '#model/iam.ts';
import type { InstanceRow } from '#model/instance.ts';
import type { AccessKeyRow } from '#model/rows.ts';
import { table } from '../table.ts';

export const accessKeys = table<AccessKeyRow>()({
  name: 'accessKeys',
  key: (row) => row.accessKeyId,
  indexes: { byAccount: (row) => row.account, byPrincipal: (row) => row.principalArn },
});

export const accounts = table<AccountRow>()({
  name: 'accounts',
  key: (row) => row.id,
  indexes: { byAlias: (row) => row.alias },
});

/** Names of one kind are unique in an account without regard to case. */
const nameKey = (row: { readonly account: string; readonly name: string }) =>
  `${row.account}/${row.name.toLowerCase()}`;

const accountOf = (row: { readonly account: string }) => row.account;

export const users = table<UserRow>()({
  name: 'users',
  key: (row) => row.arn,
  indexes: {
    byAccount: accountOf,
    byName: nameKey,
    byGroup: (row) => row.groupArns,
    byAttachedPolicy: (row) => row.attachedPolicyArns,
    byBoundary: (row) => row.permissionsBoundary,
  },
});

export const groups = table<GroupRow>()({
  name: 'groups',
  key: (row) => row.arn,
  indexes: { byAccount: accountOf, byName: nameKey, byAttachedPolicy: (row) => row.attachedPolicyArns },
});

export const roles = table<RoleRow>()({
  name: 'roles',
  key: (row) => row.arn,
  indexes: {
    byAccount: accountOf,
    byName: nameKey,
    byAttachedPolicy: (row) => row.attachedPolicyArns,
    byBoundary: (row) => row.permissionsBoundary,
  },
});

export const roleUses = table<RoleUseRow>()({ name: 'roleUses', key: (row) => row.roleArn, indexes: {} });

export const accessKeyUses = table<AccessKeyUseRow>()({
  name: 'accessKeyUses',
  key: (row) => row.accessKeyId,
  indexes: {},
});

export const serviceLinkedRoleDeletions = table<ServiceLinkedRoleDeletionRow>()({
  name: 'serviceLinkedRoleDeletions',
  key: (row) => row.id,
  indexes: { byAccount: accountOf },
});

export const managedPolicies = table<ManagedPolicyRow>()({
  name: 'managedPolicies',
  key: (row) => row.arn,
  indexes: { byAccount: accountOf, byName: nameKey },
});

export const instanceProfiles = table<InstanceProfileRow>()({
  name: 'instanceProfiles',
  key: (row) => row.arn,
  indexes: { byAccount: accountOf, byName: nameKey, byRole: (row) => row.roleArn },
});

/** Machines with an identity of ours; gone when they are told to leave. */
export const instances = table<InstanceRow>()({
  name: 'instances',
  key: (row) => row.arn,
  indexes: {
    byScope: scopeKey,
    byAccessKey: (row) => row.accessKeyId,
    local: (row) => (row.isLocal ? 'local' : undefined),
  },
});

export const openIdConnectProviders = table<OpenIdConnectProviderRow>()({
  name: 'openIdConnectProviders',
  key: (row) => row.arn,
  indexes: { byAccount: accountOf },
});

export const revokedSessions = table<RevokedSessionRow>()({
  name: 'revokedSessions',
  key: (row) => row.accessKeyId,
  indexes: {},
});
