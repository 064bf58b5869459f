/** What an IAM request is about, for authorization: the ARN of what is there, or of what would be. */
import type { Permission, Permissions } from '#protocol/authorize.ts';
import type { Table } from '#store/table.ts';
import {
  accessKeys,
  groups,
  instanceProfiles,
  managedPolicies,
  openIdConnectProviders,
  roles,
  users,
} from '#store/tables/iam.ts';
import type { IamContext } from './context.ts';
import { findByName } from './find-by-name.ts';
import { iamArn } from './iam-arn.ts';

export interface Target {
  readonly arn: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** The permissions boundary of a user or role. */
  readonly boundary?: string | undefined;
}

export type Input = {
  readonly [member: string]: unknown;
  readonly Path?: string;
  readonly Tags?: readonly { readonly Key?: string; readonly Value?: string }[];
  readonly TagKeys?: readonly string[];
};
export type Find = (ctx: IamContext, input: Input) => Target;
export type IamPermissions = Permissions<Input, IamContext>;

type Named = {
  readonly arn: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly permissionsBoundary?: string;
};

const of = (row: Named): Target => ({
  arn: row.arn,
  ...(row.tags && { tags: row.tags }),
  boundary: row.permissionsBoundary,
});

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const byName =
  <R extends Named>(table: Table<R, 'byName'>, resource: Parameters<typeof iamArn>[1], member: string): Find =>
  (ctx, input) => {
    const name = text(input[member]) ?? '';
    const row = findByName(ctx.store, table, ctx.account, name);
    return row ? of(row) : { arn: iamArn(ctx.account, resource, '/', name) };
  };

const namedUser = byName(users, 'user', 'UserName');

/** Without a name: the caller. */
export const user: Find = (ctx, input) => {
  if (input['UserName'] !== undefined) return namedUser(ctx, input);
  const row = ctx.store.get(users, ctx.principal.arn);
  return row ? of(row) : { arn: ctx.principal.arn };
};
export const group: Find = byName(groups, 'group', 'GroupName');
export const role: Find = byName(roles, 'role', 'RoleName');
export const instanceProfile: Find = byName(instanceProfiles, 'instance-profile', 'InstanceProfileName');

/** What would be made, whatever there is under its name. */
const wanted =
  (resource: Parameters<typeof iamArn>[1], member: string): Find =>
  ({ account }, input) => ({ arn: iamArn(account, resource, text(input.Path) ?? '/', text(input[member]) ?? '') });

/** What a user or group is called after a new name or path. */
export const renamed =
  (find: Find, resource: 'user' | 'group', nameMember: string): Find =>
  (ctx, input) => {
    const from = find(ctx, input).arn;
    const path = text(input['NewPath']) ?? from.slice(from.indexOf('/'), from.lastIndexOf('/') + 1);
    const name = text(input[nameMember]) ?? from.slice(from.lastIndexOf('/') + 1);
    return { arn: iamArn(ctx.account, resource, path, name) };
  };

export const newUser: Find = wanted('user', 'UserName');
export const newGroup: Find = wanted('group', 'GroupName');
export const newRole: Find = wanted('role', 'RoleName');
export const newInstanceProfile: Find = wanted('instance-profile', 'InstanceProfileName');
export const newPolicy: Find = wanted('policy', 'PolicyName');

const byArn =
  <R extends Named>(member: string, ...tables: readonly Table<R>[]): Find =>
  (ctx, input) => {
    const arn = text(input[member]) ?? '';
    for (const table of tables) {
      const row = ctx.store.get(table, arn);
      if (row) return of(row);
    }
    return { arn };
  };

export const policy: Find = byArn('PolicyArn', managedPolicies);
export const provider: Find = byArn('OpenIDConnectProviderArn', openIdConnectProviders);
export const newProvider: Find = ({ account }, input) => ({
  arn: `arn:aws:iam::${account}:oidc-provider/${(text(input['Url']) ?? '').replace(/^https?:\/\//, '')}`,
});
// biome-ignore lint/suspicious/noExplicitAny: rows of three kinds, of which only ARN and tags are read
const identities: readonly Table<any>[] = [users, groups, roles];
export const identity = (member: string): Find => byArn(member, ...identities);

/** The owner of an access key. */
export const keyOwner: Find = (ctx, input) => {
  const key = ctx.store.get(accessKeys, text(input['AccessKeyId']) ?? '');
  const arn = key?.account === ctx.account ? key.principalArn : iamArn(ctx.account, 'user', '/', '*');
  const row = ctx.store.get(users, arn);
  return row ? of(row) : { arn };
};

export type Keys = (target: Target, input: Input, ctx: IamContext) => Permission['keys'];

/** The operation's own action on a target; `keys` are the condition keys besides tags. */
export const on =
  (find: Find, keys?: Keys): IamPermissions =>
  (ctx, input) => {
    const target = find(ctx, input);
    const tagKeys = Array.isArray(input.TagKeys) ? { 'aws:TagKeys': input.TagKeys } : undefined;
    const own = keys?.(target, input, ctx);
    return {
      action: `iam:${ctx.operation}`,
      resource: target.arn,
      resourceTags: target.tags,
      requestTags: requestTagsOf(input),
      ...((own || tagKeys) && { keys: { ...own, ...tagKeys } }),
    };
  };

/** A rename needs the permission on what it is about, and on what that becomes. */
export const renaming =
  (find: Find, to: Find): IamPermissions =>
  (ctx, input) =>
    [on(find)(ctx, input), on(to)(ctx, input)].flat();

/** What makes something with tags also needs the permission to tag. */
export const making =
  (find: Find, tagAction: string, keys?: Keys): IamPermissions =>
  (ctx, input) => {
    const make = on(find, keys)(ctx, input) as Permission;
    return make.requestTags ? [make, { ...make, action: tagAction }] : make;
  };

function requestTagsOf({ Tags: tags }: Input): Readonly<Record<string, string>> | undefined {
  if (!Array.isArray(tags) || tags.length === 0) return undefined;
  return Object.fromEntries(tags.map((tag) => [tag?.Key ?? '', tag?.Value ?? '']));
}
