/** Every operation of IAM that is implemented; the others are refused by the protocol room. Each checks its input first. */
import type { Handler } from '#protocol/service.ts';
import { AddClientIDToOpenIDConnectProvider } from './operations/AddClientIDToOpenIDConnectProvider.ts';
import { AddRoleToInstanceProfile } from './operations/AddRoleToInstanceProfile.ts';
import { AddUserToGroup } from './operations/AddUserToGroup.ts';
import { AttachGroupPolicy } from './operations/AttachGroupPolicy.ts';
import { AttachRolePolicy } from './operations/AttachRolePolicy.ts';
import { AttachUserPolicy } from './operations/AttachUserPolicy.ts';
import { ChangePassword } from './operations/ChangePassword.ts';
import { CreateAccessKey } from './operations/CreateAccessKey.ts';
import { CreateAccountAlias } from './operations/CreateAccountAlias.ts';
import { CreateGroup } from './operations/CreateGroup.ts';
import { CreateInstanceProfile } from './operations/CreateInstanceProfile.ts';
import { CreateLoginProfile } from './operations/CreateLoginProfile.ts';
import { CreateOpenIDConnectProvider } from './operations/CreateOpenIDConnectProvider.ts';
import { CreatePolicy } from './operations/CreatePolicy.ts';
import { CreatePolicyVersion } from './operations/CreatePolicyVersion.ts';
import { CreateRole } from './operations/CreateRole.ts';
import { CreateServiceLinkedRole } from './operations/CreateServiceLinkedRole.ts';
import { CreateUser } from './operations/CreateUser.ts';
import { DeleteAccessKey } from './operations/DeleteAccessKey.ts';
import { DeleteAccountAlias } from './operations/DeleteAccountAlias.ts';
import { DeleteAccountPasswordPolicy } from './operations/DeleteAccountPasswordPolicy.ts';
import { DeleteGroup } from './operations/DeleteGroup.ts';
import { DeleteGroupPolicy } from './operations/DeleteGroupPolicy.ts';
import { DeleteInstanceProfile } from './operations/DeleteInstanceProfile.ts';
import { DeleteLoginProfile } from './operations/DeleteLoginProfile.ts';
import { DeleteOpenIDConnectProvider } from './operations/DeleteOpenIDConnectProvider.ts';
import { DeletePolicy } from './operations/DeletePolicy.ts';
import { DeletePolicyVersion } from './operations/DeletePolicyVersion.ts';
import { DeleteRole } from './operations/DeleteRole.ts';
import { DeleteRolePermissionsBoundary } from './operations/DeleteRolePermissionsBoundary.ts';
import { DeleteRolePolicy } from './operations/DeleteRolePolicy.ts';
import { DeleteServiceLinkedRole } from './operations/DeleteServiceLinkedRole.ts';
import { DeleteUser } from './operations/DeleteUser.ts';
import { DeleteUserPermissionsBoundary } from './operations/DeleteUserPermissionsBoundary.ts';
import { DeleteUserPolicy } from './operations/DeleteUserPolicy.ts';
import { DetachGroupPolicy } from './operations/DetachGroupPolicy.ts';
import { DetachRolePolicy } from './operations/DetachRolePolicy.ts';
import { DetachUserPolicy } from './operations/DetachUserPolicy.ts';
import { GenerateCredentialReport } from './operations/GenerateCredentialReport.ts';
import { GetAccessKeyLastUsed } from './operations/GetAccessKeyLastUsed.ts';
import { GetAccountAuthorizationDetails } from './operations/GetAccountAuthorizationDetails.ts';
import { GetAccountPasswordPolicy } from './operations/GetAccountPasswordPolicy.ts';
import { GetAccountSummary } from './operations/GetAccountSummary.ts';
import { GetContextKeysForCustomPolicy } from './operations/GetContextKeysForCustomPolicy.ts';
import { GetContextKeysForPrincipalPolicy } from './operations/GetContextKeysForPrincipalPolicy.ts';
import { GetCredentialReport } from './operations/GetCredentialReport.ts';
import { GetGroup } from './operations/GetGroup.ts';
import { GetGroupPolicy } from './operations/GetGroupPolicy.ts';
import { GetInstanceProfile } from './operations/GetInstanceProfile.ts';
import { GetLoginProfile } from './operations/GetLoginProfile.ts';
import { GetOpenIDConnectProvider } from './operations/GetOpenIDConnectProvider.ts';
import { GetPolicy } from './operations/GetPolicy.ts';
import { GetPolicyVersion } from './operations/GetPolicyVersion.ts';
import { GetRole } from './operations/GetRole.ts';
import { GetRolePolicy } from './operations/GetRolePolicy.ts';
import { GetServiceLinkedRoleDeletionStatus } from './operations/GetServiceLinkedRoleDeletionStatus.ts';
import { GetUser } from './operations/GetUser.ts';
import { GetUserPolicy } from './operations/GetUserPolicy.ts';
import { ListAccessKeys } from './operations/ListAccessKeys.ts';
import { ListAccountAliases } from './operations/ListAccountAliases.ts';
import { ListAttachedGroupPolicies } from './operations/ListAttachedGroupPolicies.ts';
import { ListAttachedRolePolicies } from './operations/ListAttachedRolePolicies.ts';
import { ListAttachedUserPolicies } from './operations/ListAttachedUserPolicies.ts';
import { ListEntitiesForPolicy } from './operations/ListEntitiesForPolicy.ts';
import { ListGroupPolicies } from './operations/ListGroupPolicies.ts';
import { ListGroups } from './operations/ListGroups.ts';
import { ListGroupsForUser } from './operations/ListGroupsForUser.ts';
import { ListInstanceProfiles } from './operations/ListInstanceProfiles.ts';
import { ListInstanceProfilesForRole } from './operations/ListInstanceProfilesForRole.ts';
import { ListInstanceProfileTags } from './operations/ListInstanceProfileTags.ts';
import { ListMFADevices } from './operations/ListMFADevices.ts';
import { ListOpenIDConnectProviders } from './operations/ListOpenIDConnectProviders.ts';
import { ListOpenIDConnectProviderTags } from './operations/ListOpenIDConnectProviderTags.ts';
import { ListPolicies } from './operations/ListPolicies.ts';
import { ListPoliciesGrantingServiceAccess } from './operations/ListPoliciesGrantingServiceAccess.ts';
import { ListPolicyTags } from './operations/ListPolicyTags.ts';
import { ListPolicyVersions } from './operations/ListPolicyVersions.ts';
import { ListRolePolicies } from './operations/ListRolePolicies.ts';
import { ListRoles } from './operations/ListRoles.ts';
import { ListRoleTags } from './operations/ListRoleTags.ts';
import { ListServiceSpecificCredentials } from './operations/ListServiceSpecificCredentials.ts';
import { ListSigningCertificates } from './operations/ListSigningCertificates.ts';
import { ListSSHPublicKeys } from './operations/ListSSHPublicKeys.ts';
import { ListUserPolicies } from './operations/ListUserPolicies.ts';
import { ListUsers } from './operations/ListUsers.ts';
import { ListUserTags } from './operations/ListUserTags.ts';
import { ListVirtualMFADevices } from './operations/ListVirtualMFADevices.ts';
import { PutGroupPolicy } from './operations/PutGroupPolicy.ts';
import { PutRolePermissionsBoundary } from './operations/PutRolePermissionsBoundary.ts';
import { PutRolePolicy } from './operations/PutRolePolicy.ts';
import { PutUserPermissionsBoundary } from './operations/PutUserPermissionsBoundary.ts';
import { PutUserPolicy } from './operations/PutUserPolicy.ts';
import { RemoveClientIDFromOpenIDConnectProvider } from './operations/RemoveClientIDFromOpenIDConnectProvider.ts';
import { RemoveRoleFromInstanceProfile } from './operations/RemoveRoleFromInstanceProfile.ts';
import { RemoveUserFromGroup } from './operations/RemoveUserFromGroup.ts';
import { SetDefaultPolicyVersion } from './operations/SetDefaultPolicyVersion.ts';
import { SimulateCustomPolicy } from './operations/SimulateCustomPolicy.ts';
import { SimulatePrincipalPolicy } from './operations/SimulatePrincipalPolicy.ts';
import { TagInstanceProfile } from './operations/TagInstanceProfile.ts';
import { TagOpenIDConnectProvider } from './operations/TagOpenIDConnectProvider.ts';
import { TagPolicy } from './operations/TagPolicy.ts';
import { TagRole } from './operations/TagRole.ts';
import { TagUser } from './operations/TagUser.ts';
import { UntagInstanceProfile } from './operations/UntagInstanceProfile.ts';
import { UntagOpenIDConnectProvider } from './operations/UntagOpenIDConnectProvider.ts';
import { UntagPolicy } from './operations/UntagPolicy.ts';
import { UntagRole } from './operations/UntagRole.ts';
import { UntagUser } from './operations/UntagUser.ts';
import { UpdateAccessKey } from './operations/UpdateAccessKey.ts';
import { UpdateAccountPasswordPolicy } from './operations/UpdateAccountPasswordPolicy.ts';
import { UpdateAssumeRolePolicy } from './operations/UpdateAssumeRolePolicy.ts';
import { UpdateGroup } from './operations/UpdateGroup.ts';
import { UpdateLoginProfile } from './operations/UpdateLoginProfile.ts';
import { UpdateOpenIDConnectProviderThumbprint } from './operations/UpdateOpenIDConnectProviderThumbprint.ts';
import { UpdateRole } from './operations/UpdateRole.ts';
import { UpdateRoleDescription } from './operations/UpdateRoleDescription.ts';
import { UpdateUser } from './operations/UpdateUser.ts';
import { validate } from './validate.ts';

const operations: Readonly<Record<string, Handler>> = {
  AddClientIDToOpenIDConnectProvider,
  AddRoleToInstanceProfile,
  AddUserToGroup,
  AttachGroupPolicy,
  AttachRolePolicy,
  AttachUserPolicy,
  ChangePassword,
  CreateAccessKey,
  CreateAccountAlias,
  CreateGroup,
  CreateInstanceProfile,
  CreateLoginProfile,
  CreateOpenIDConnectProvider,
  CreatePolicy,
  CreatePolicyVersion,
  CreateRole,
  CreateServiceLinkedRole,
  CreateUser,
  DeleteAccessKey,
  DeleteAccountAlias,
  DeleteAccountPasswordPolicy,
  DeleteGroup,
  DeleteGroupPolicy,
  DeleteInstanceProfile,
  DeleteLoginProfile,
  DeleteOpenIDConnectProvider,
  DeletePolicy,
  DeletePolicyVersion,
  DeleteRole,
  DeleteRolePermissionsBoundary,
  DeleteRolePolicy,
  DeleteServiceLinkedRole,
  DeleteUser,
  DeleteUserPermissionsBoundary,
  DeleteUserPolicy,
  DetachGroupPolicy,
  DetachRolePolicy,
  DetachUserPolicy,
  GenerateCredentialReport,
  GetAccessKeyLastUsed,
  GetAccountAuthorizationDetails,
  GetAccountPasswordPolicy,
  GetAccountSummary,
  GetContextKeysForCustomPolicy,
  GetContextKeysForPrincipalPolicy,
  GetCredentialReport,
  GetGroup,
  GetGroupPolicy,
  GetInstanceProfile,
  GetLoginProfile,
  GetOpenIDConnectProvider,
  GetPolicy,
  GetPolicyVersion,
  GetRole,
  GetRolePolicy,
  GetServiceLinkedRoleDeletionStatus,
  GetUser,
  GetUserPolicy,
  ListAccessKeys,
  ListAccountAliases,
  ListAttachedGroupPolicies,
  ListAttachedRolePolicies,
  ListAttachedUserPolicies,
  ListEntitiesForPolicy,
  ListGroupPolicies,
  ListGroups,
  ListGroupsForUser,
  ListInstanceProfileTags,
  ListInstanceProfiles,
  ListInstanceProfilesForRole,
  ListMFADevices,
  ListOpenIDConnectProviderTags,
  ListOpenIDConnectProviders,
  ListPolicies,
  ListPoliciesGrantingServiceAccess,
  ListPolicyTags,
  ListPolicyVersions,
  ListRolePolicies,
  ListRoleTags,
  ListRoles,
  ListSSHPublicKeys,
  ListServiceSpecificCredentials,
  ListSigningCertificates,
  ListUserPolicies,
  ListUserTags,
  ListUsers,
  ListVirtualMFADevices,
  PutGroupPolicy,
  PutRolePermissionsBoundary,
  PutRolePolicy,
  PutUserPermissionsBoundary,
  PutUserPolicy,
  RemoveClientIDFromOpenIDConnectProvider,
  RemoveRoleFromInstanceProfile,
  RemoveUserFromGroup,
  SetDefaultPolicyVersion,
  SimulateCustomPolicy,
  SimulatePrincipalPolicy,
  TagInstanceProfile,
  TagOpenIDConnectProvider,
  TagPolicy,
  TagRole,
  TagUser,
  UntagInstanceProfile,
  UntagOpenIDConnectProvider,
  UntagPolicy,
  UntagRole,
  UntagUser,
  UpdateAccessKey,
  UpdateAccountPasswordPolicy,
  UpdateAssumeRolePolicy,
  UpdateGroup,
  UpdateLoginProfile,
  UpdateOpenIDConnectProviderThumbprint,
  UpdateRole,
  UpdateRoleDescription,
  UpdateUser,
};

const validated =
  (name: string, operation: Handler): Handler =>
  (ctx, input) => {
    validate(name, input);
    return operation(ctx, input);
  };

export const handlers: Readonly<Record<string, Handler>> = Object.fromEntries(
  Object.entries(operations).map(([name, operation]) => [name, validated(name, operation)]),
);
