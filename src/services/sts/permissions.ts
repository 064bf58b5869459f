/**
 * What each operation needs. Assuming a role asks the caller's policies and the role's trust policy, which must name the
 * caller also within its account; tags and a source identity are permissions of their own, on both sides too.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
 */
import type { AssumeRoleCommandInput, GetFederationTokenCommandInput } from '@aws-sdk/client-sts';
import type { RoleRow } from '#model/iam.ts';
import type { Permission, Permissions } from '#protocol/authorize.ts';
import { roles } from '#store/tables/iam.ts';
import { isRootUser } from './callers.ts';
import type { StsContext } from './context.ts';
import { isRoleArn } from './role-session.ts';
import { inheritedTags, requestedTags } from './session-tags.ts';

export interface RoleQuestion {
  readonly action: string;
  readonly roleArn: string;
  readonly role: RoleRow | undefined;
  readonly roleSessionName: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
  readonly sourceIdentity: string | undefined;
  readonly keys?: Permission['keys'];
}

/** Every permission that assuming a role takes. */
export function rolePermissions(question: RoleQuestion): Permission[] {
  const { role, tags, sourceIdentity, transitiveTagKeys } = question;
  const hasTags = Object.keys(tags).length > 0;
  const ofRole = Object.entries(role?.tags ?? {}).map(([key, value]) => [`iam:ResourceTag/${key}`, value]);
  const common = {
    resource: question.roleArn,
    needsResourcePolicy: true,
    resourcePolicy: role && { name: `trust policy of role ${role.name}`, document: role.assumeRolePolicyDocument },
    resourceTags: role?.tags,
    ...(hasTags && { requestTags: tags }),
    keys: {
      ...Object.fromEntries(ofRole),
      ...question.keys,
      'sts:RoleSessionName': question.roleSessionName,
      'sts:SourceIdentity': sourceIdentity,
      'sts:TransitiveTagKeys': transitiveTagKeys.length > 0 ? transitiveTagKeys : undefined,
    },
  };
  return [
    { action: question.action, ...common },
    ...(hasTags ? [{ action: 'sts:TagSession', ...common }] : []),
    ...(sourceIdentity !== undefined ? [{ action: 'sts:SetSourceIdentity', ...common }] : []),
  ];
}

const AssumeRole: Permissions<AssumeRoleCommandInput, StsContext> = (ctx, input) => {
  // Both are refused by the operation itself.
  if (isRootUser(ctx) || !isRoleArn(String(input.RoleArn))) return [];
  const { session } = ctx.principal;
  const inherited = inheritedTags(session?.kind === 'assumed-role' ? session : undefined);
  const roleArn = String(input.RoleArn);
  return rolePermissions({
    action: 'sts:AssumeRole',
    roleArn,
    role: ctx.store.get(roles, roleArn),
    roleSessionName: input.RoleSessionName,
    tags: { ...inherited.tags, ...requestedTags(input) },
    transitiveTagKeys: [...inherited.transitiveTagKeys, ...(input.TransitiveTagKeys ?? [])],
    sourceIdentity: input.SourceIdentity ?? session?.sourceIdentity,
    keys: { 'sts:ExternalId': input.ExternalId },
  });
};

const GetFederationToken: Permissions<GetFederationTokenCommandInput, StsContext> = (ctx, input) => {
  const resource = `arn:aws:sts::${ctx.account}:federated-user/${input.Name}`;
  const requestTags = requestedTags(input);
  if (Object.keys(requestTags).length === 0) return { action: 'sts:GetFederationToken', resource };
  return [
    { action: 'sts:GetFederationToken', resource, requestTags },
    { action: 'sts:TagSession', resource, requestTags },
  ];
};

const onEverything: Permissions = (ctx) => ({ action: `sts:${ctx.operation}`, resource: '*' });
const none: Permissions = () => [];

export const permissions: Readonly<Record<string, Permissions>> = {
  AssumeRole,
  /** Nobody signs it; it asks the trust policy itself, when it knows who the token is about. */
  AssumeRoleWithWebIdentity: none,
  DecodeAuthorizationMessage: onEverything,
  GetAccessKeyInfo: onEverything,
  GetCallerIdentity: none,
  GetFederationToken,
  GetSessionToken: none,
};
