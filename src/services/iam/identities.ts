/** Users, groups and roles (and instance profiles) by name, and what differs between the kinds. */

import type { GroupRow, InstanceProfileRow, RoleRow, UserRow } from '#model/iam.ts';
import type { View } from '#store/store.ts';
import type { Table } from '#store/table.ts';
import { groups, instanceProfiles, roles, users } from '#store/tables/iam.ts';
import { noSuchEntity } from './errors.ts';
import { findByName } from './find-by-name.ts';

export type Identity = UserRow | GroupRow | RoleRow;

export interface IdentityKind<R extends Identity> {
  readonly word: 'user' | 'group' | 'role';
  readonly table: Table<R, 'byName' | 'byAccount' | 'byAttachedPolicy'>;
  /** Of all inline policies together, without white space. */
  readonly inlineCharacters: number;
  readonly attachQuota: string;
}

/** Policies that may be attached to one user, group or role. */
export const attachedPolicyLimit = 10;

export const userKind: IdentityKind<UserRow> = {
  word: 'user',
  table: users,
  inlineCharacters: 2048,
  attachQuota: 'PoliciesPerUser',
};
export const groupKind: IdentityKind<GroupRow> = {
  word: 'group',
  table: groups,
  inlineCharacters: 5120,
  attachQuota: 'PoliciesPerGroup',
};
export const roleKind: IdentityKind<RoleRow> = {
  word: 'role',
  table: roles,
  inlineCharacters: 10_240,
  attachQuota: 'PoliciesPerRole',
};

export function findIdentity<R extends Identity>(view: View, kind: IdentityKind<R>, account: string, name: string): R {
  const row = findByName(view, kind.table, account, name);
  if (!row) throw noSuchEntity(`The ${kind.word} with name ${name} cannot be found.`);
  return row;
}

export const findUser = (view: View, account: string, name: string): UserRow =>
  findIdentity(view, userKind, account, name);
export const findGroup = (view: View, account: string, name: string): GroupRow =>
  findIdentity(view, groupKind, account, name);
export const findRole = (view: View, account: string, name: string): RoleRow =>
  findIdentity(view, roleKind, account, name);

export function findInstanceProfile(view: View, account: string, name: string): InstanceProfileRow {
  const row = findByName(view, instanceProfiles, account, name);
  if (!row) throw noSuchEntity(`Instance Profile ${name} cannot be found.`);
  return row;
}
