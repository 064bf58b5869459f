/** What each IAM operation needs. One that is not here needs its own action on `*`: lists, the account, simulations. */
import { serviceLinkedRoleArn } from '#auth/service-linked-roles.ts';
import { accountRow } from './accounts.ts';
import {
  type Find,
  group,
  type IamPermissions,
  identity,
  instanceProfile,
  type Keys,
  keyOwner,
  making,
  newGroup,
  newInstanceProfile,
  newPolicy,
  newProvider,
  newRole,
  newUser,
  on,
  policy,
  provider,
  renamed,
  renaming,
  role,
  user,
} from './permission-targets.ts';

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);

const boundary: Keys = (target) => ({ 'iam:PermissionsBoundary': target.boundary });
const wantedBoundary: Keys = (_, input) => ({ 'iam:PermissionsBoundary': text(input['PermissionsBoundary']) });
const policyArn: Keys = (_, input) => ({ 'iam:PolicyARN': text(input['PolicyArn']) });
const policyArnAndBoundary: Keys = (target, input, ctx) => ({
  ...boundary(target, input, ctx),
  ...policyArn(target, input, ctx),
});
const serviceName: Keys = (_, input) => ({ 'iam:AWSServiceName': text(input['AWSServiceName']) });

const linkedRole: Find = ({ account }, input) => {
  const service = text(input['AWSServiceName']) ?? '';
  const known = serviceLinkedRoleArn(account, service, text(input['CustomSuffix']));
  return { arn: known ?? `arn:aws:iam::${account}:role/aws-service-role/${service}/*` };
};

/** `task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/<uuid>` */
const roleOfDeletion: Find = ({ account }, input) => {
  const [, ...parts] = (text(input['DeletionTaskId']) ?? '').split('/');
  return { arn: `arn:aws:iam::${account}:role/${parts.slice(0, -1).join('/')}` };
};

/** A role in an instance profile is handed to EC2. */
const addRole: IamPermissions = (ctx, input) => {
  const { arn, tags } = role(ctx, input);
  const pass = {
    action: 'iam:PassRole',
    resource: arn,
    resourceTags: tags,
    keys: { 'iam:PassedToService': 'ec2.amazonaws.com' },
  };
  return [on(instanceProfile)(ctx, input), pass].flat();
};

/** An account's password policy can let every user change the own password. */
const changePassword: IamPermissions = (ctx, input) =>
  accountRow(ctx.store, ctx).passwordPolicy?.allowUsersToChange ? [] : on(user)(ctx, input);

const ofUsers: Readonly<Record<string, IamPermissions>> = {
  AttachUserPolicy: on(user, policyArnAndBoundary),
  ChangePassword: changePassword,
  CreateAccessKey: on(user),
  CreateLoginProfile: on(user),
  CreateUser: making(newUser, 'iam:TagUser', wantedBoundary),
  DeleteAccessKey: on(user),
  DeleteLoginProfile: on(user),
  DeleteUser: on(user),
  DeleteUserPermissionsBoundary: on(user, boundary),
  DeleteUserPolicy: on(user, boundary),
  DetachUserPolicy: on(user, policyArnAndBoundary),
  GetAccessKeyLastUsed: on(keyOwner),
  GetLoginProfile: on(user),
  GetUser: on(user),
  GetUserPolicy: on(user),
  ListAccessKeys: on(user),
  ListAttachedUserPolicies: on(user),
  ListGroupsForUser: on(user),
  ListUserPolicies: on(user),
  ListMFADevices: on(user),
  ListSSHPublicKeys: on(user),
  ListServiceSpecificCredentials: on(user),
  ListSigningCertificates: on(user),
  ListUserTags: on(user),
  PutUserPermissionsBoundary: on(user, wantedBoundary),
  PutUserPolicy: on(user, boundary),
  TagUser: on(user),
  UntagUser: on(user),
  UpdateAccessKey: on(user),
  UpdateLoginProfile: on(user),
  UpdateUser: renaming(user, renamed(user, 'user', 'NewUserName')),
};

const ofGroups: Readonly<Record<string, IamPermissions>> = {
  AddUserToGroup: on(group),
  AttachGroupPolicy: on(group, policyArn),
  CreateGroup: on(newGroup),
  DeleteGroup: on(group),
  DeleteGroupPolicy: on(group),
  DetachGroupPolicy: on(group, policyArn),
  GetGroup: on(group),
  GetGroupPolicy: on(group),
  ListAttachedGroupPolicies: on(group),
  ListGroupPolicies: on(group),
  PutGroupPolicy: on(group),
  RemoveUserFromGroup: on(group),
  UpdateGroup: renaming(group, renamed(group, 'group', 'NewGroupName')),
};

const ofRoles: Readonly<Record<string, IamPermissions>> = {
  AttachRolePolicy: on(role, policyArnAndBoundary),
  CreateRole: making(newRole, 'iam:TagRole', wantedBoundary),
  CreateServiceLinkedRole: on(linkedRole, serviceName),
  DeleteRole: on(role, boundary),
  DeleteRolePermissionsBoundary: on(role, boundary),
  DeleteRolePolicy: on(role, boundary),
  DeleteServiceLinkedRole: on(role),
  DetachRolePolicy: on(role, policyArnAndBoundary),
  GetRole: on(role, boundary),
  GetRolePolicy: on(role),
  GetServiceLinkedRoleDeletionStatus: on(roleOfDeletion),
  ListAttachedRolePolicies: on(role),
  ListInstanceProfilesForRole: on(role),
  ListRolePolicies: on(role),
  ListRoleTags: on(role),
  PutRolePermissionsBoundary: on(role, wantedBoundary),
  PutRolePolicy: on(role, boundary),
  TagRole: on(role),
  UntagRole: on(role),
  UpdateAssumeRolePolicy: on(role, boundary),
  UpdateRole: on(role, boundary),
  UpdateRoleDescription: on(role, boundary),
};

const ofOthers: Readonly<Record<string, IamPermissions>> = {
  AddClientIDToOpenIDConnectProvider: on(provider),
  AddRoleToInstanceProfile: addRole,
  CreateInstanceProfile: making(newInstanceProfile, 'iam:TagInstanceProfile'),
  CreateOpenIDConnectProvider: making(newProvider, 'iam:TagOpenIDConnectProvider'),
  CreatePolicy: making(newPolicy, 'iam:TagPolicy'),
  CreatePolicyVersion: on(policy),
  DeleteInstanceProfile: on(instanceProfile),
  DeleteOpenIDConnectProvider: on(provider),
  DeletePolicy: on(policy),
  DeletePolicyVersion: on(policy),
  GetContextKeysForPrincipalPolicy: on(identity('PolicySourceArn')),
  GetInstanceProfile: on(instanceProfile),
  GetOpenIDConnectProvider: on(provider),
  GetPolicy: on(policy),
  GetPolicyVersion: on(policy),
  ListEntitiesForPolicy: on(policy),
  ListInstanceProfileTags: on(instanceProfile),
  ListOpenIDConnectProviderTags: on(provider),
  ListPoliciesGrantingServiceAccess: on(identity('Arn')),
  ListPolicyTags: on(policy),
  ListPolicyVersions: on(policy),
  RemoveClientIDFromOpenIDConnectProvider: on(provider),
  RemoveRoleFromInstanceProfile: on(instanceProfile),
  SetDefaultPolicyVersion: on(policy),
  SimulatePrincipalPolicy: on(identity('PolicySourceArn')),
  TagInstanceProfile: on(instanceProfile),
  TagOpenIDConnectProvider: on(provider),
  TagPolicy: on(policy),
  UntagInstanceProfile: on(instanceProfile),
  UntagOpenIDConnectProvider: on(provider),
  UntagPolicy: on(policy),
  UpdateOpenIDConnectProviderThumbprint: on(provider),
};

export const permissions: Readonly<Record<string, IamPermissions>> = {
  ...ofUsers,
  ...ofGroups,
  ...ofRoles,
  ...ofOthers,
};
