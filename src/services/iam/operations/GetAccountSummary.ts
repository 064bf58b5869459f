import type { GetAccountSummaryCommandInput, GetAccountSummaryCommandOutput } from '@aws-sdk/client-iam';
import {
  accessKeys,
  groups,
  instanceProfiles,
  managedPolicies,
  openIdConnectProviders,
  roles,
  users,
} from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html */
export const GetAccountSummary: IamOperation<GetAccountSummaryCommandInput, GetAccountSummaryCommandOutput> = (ctx) => {
  const { store, account } = ctx;
  const policies = [...store.find(managedPolicies, 'byAccount', account)];
  const rootKeys = store.count(accessKeys, 'byPrincipal', `arn:aws:iam::${account}:root`);
  return {
    SummaryMap: {
      Users: store.count(users, 'byAccount', account),
      UsersQuota: 5000,
      Groups: store.count(groups, 'byAccount', account),
      GroupsQuota: 300,
      Roles: store.count(roles, 'byAccount', account),
      RolesQuota: 1000,
      Policies: policies.length,
      PoliciesQuota: 1500,
      InstanceProfiles: store.count(instanceProfiles, 'byAccount', account),
      InstanceProfilesQuota: 1000,
      Providers: store.count(openIdConnectProviders, 'byAccount', account),
      ServerCertificates: 0,
      ServerCertificatesQuota: 20,
      MFADevices: 0,
      MFADevicesInUse: 0,
      AccountMFAEnabled: 0,
      AccountAccessKeysPresent: rootKeys > 0 ? 1 : 0,
      AccountPasswordPresent: 0,
      AccountSigningCertificatesPresent: 0,
      PolicyVersionsInUse: policies.reduce((sum, policy) => sum + policy.versions.length, 0),
      PolicyVersionsInUseQuota: 10_000,
      VersionsPerPolicyQuota: 5,
      AttachedPoliciesPerUserQuota: 10,
      AttachedPoliciesPerGroupQuota: 10,
      AttachedPoliciesPerRoleQuota: 10,
      AccessKeysPerUserQuota: 2,
      GroupsPerUserQuota: 10,
      SigningCertificatesPerUserQuota: 2,
      UserPolicySizeQuota: 2048,
      GroupPolicySizeQuota: 5120,
      RolePolicySizeQuota: 10_240,
      PolicySizeQuota: 6144,
      AssumeRolePolicySizeQuota: 2048,
      GlobalEndpointTokenVersion: 1,
    },
  };
};
