import type { Tag, User } from '@aws-sdk/client-iam';
import type { GroupRow, InstanceProfileRow, RoleRow, UserRow } from '#model/iam.ts';
import type { View } from '#store/store.ts';
import { roles } from '#store/tables/iam.ts';
import { boundaryView } from '../boundaries.ts';
import type { IamContext } from '../context.ts';
import { tagList } from '../tags.ts';
import { encodeDocument } from './policies.ts';

const tagsOf = (tags: Readonly<Record<string, string>>): { Tags?: Tag[] } => {
  const list = tagList(tags);
  return list.length > 0 ? { Tags: list } : {};
};

/** Lists leave out tags and boundary. */
export const userView = (row: UserRow, shown: 'listed' | 'full'): User => ({
  Path: row.path,
  UserName: row.name,
  UserId: row.id,
  Arn: row.arn,
  CreateDate: new Date(row.createdAt),
  ...(shown === 'full' && { ...boundaryView(row.permissionsBoundary), ...tagsOf(row.tags) }),
});

export const groupView = (row: GroupRow) => ({
  Path: row.path,
  GroupName: row.name,
  GroupId: row.id,
  Arn: row.arn,
  CreateDate: new Date(row.createdAt),
});

const roleBase = (row: RoleRow) => ({
  Path: row.path,
  RoleName: row.name,
  RoleId: row.id,
  Arn: row.arn,
  CreateDate: new Date(row.createdAt),
  AssumeRolePolicyDocument: encodeDocument(row.assumeRolePolicyDocument),
});

const describe = (row: RoleRow) => (row.description === undefined ? {} : { Description: row.description });

export function lastUseOf(ctx: IamContext, row: RoleRow) {
  const use = ctx.deps.roleUses.last(row.arn);
  return use && use.lastUsedAt >= row.createdAt ? { LastUsedDate: new Date(use.lastUsedAt), Region: use.region } : {};
}

/**
 * What answers about roles leave out: CreateRole the session's duration, the description and the last use; lists tags,
 * boundary and last use; instance profiles all of these.
 */
export function roleView(row: RoleRow, shown: 'created' | 'described' | 'listed' | 'nested') {
  if (shown === 'nested') return roleBase(row);
  if (shown === 'listed')
    return { ...roleBase(row), ...describe(row), MaxSessionDuration: row.maxSessionDurationSeconds };
  const described = shown === 'described' ? describe(row) : {};
  return { ...roleBase(row), ...described, ...boundaryView(row.permissionsBoundary), ...tagsOf(row.tags) };
}

/** As GetRole answers it. */
export const roleDetailView = (ctx: IamContext, row: RoleRow) => ({
  ...roleView(row, 'described'),
  MaxSessionDuration: row.maxSessionDurationSeconds,
  RoleLastUsed: lastUseOf(ctx, row),
});

export function instanceProfileView(view: View, row: InstanceProfileRow, shown: 'created' | 'listed' | 'full') {
  const role = row.roleArn === undefined ? undefined : view.get(roles, row.roleArn);
  const tags = tagList(row.tags);
  return {
    Path: row.path,
    InstanceProfileName: row.name,
    InstanceProfileId: row.id,
    Arn: row.arn,
    CreateDate: new Date(row.createdAt),
    Roles: role ? [roleView(role, 'nested')] : [],
    ...((shown === 'full' || (shown === 'created' && tags.length > 0)) && { Tags: tags }),
  };
}
