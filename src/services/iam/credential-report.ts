/**
 * The account's users and the state of their credentials, as CSV. It is read from the rows when it is asked for, so it
 * is never older than its time says.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
 */

import type { UserRow } from '#model/iam.ts';
import type { AccessKeyRow } from '#model/rows.ts';
import { accessKeys, users } from '#store/tables/iam.ts';
import { accountRow } from './accounts.ts';
import type { IamContext } from './context.ts';

export const reportLifeMs = 4 * 3600_000;

const columns = [
  'user',
  'arn',
  'user_creation_time',
  'password_enabled',
  'password_last_used',
  'password_last_changed',
  'password_next_rotation',
  'mfa_active',
  ...[1, 2].flatMap((n) =>
    ['active', 'last_rotated', 'last_used_date', 'last_used_region', 'last_used_service'].map(
      (column) => `access_key_${n}_${column}`,
    ),
  ),
  'cert_1_active',
  'cert_1_last_rotated',
  'cert_2_active',
  'cert_2_last_rotated',
];

const day = 24 * 3600_000;
const at = (ms: number) => new Date(ms).toISOString().replace(/\.\d{3}Z$/, '+00:00');

function keyColumns(ctx: IamContext, key: AccessKeyRow | undefined): string[] {
  if (!key) return ['false', 'N/A', 'N/A', 'N/A', 'N/A'];
  const use = ctx.deps.keyUses.last(key.accessKeyId);
  const used = use ? [at(use.lastUsedAt), use.region, use.service] : ['N/A', 'N/A', 'N/A'];
  return [String(key.status === 'Active'), at(key.createdAt), ...used];
}

function passwordColumns(user: UserRow | undefined, maxAgeDays: number | undefined): string[] {
  if (!user) return ['not_supported', 'no_information', 'not_supported', 'not_supported'];
  const profile = user.loginProfile;
  if (!profile) return ['false', 'N/A', 'N/A', 'N/A'];
  const next = maxAgeDays === undefined ? 'N/A' : at(profile.changedAt + maxAgeDays * day);
  return ['true', 'no_information', at(profile.changedAt), next];
}

function line(ctx: IamContext, name: string, arn: string, createdAt: number, user: UserRow | undefined): string {
  const keys = [...ctx.store.find(accessKeys, 'byPrincipal', arn)].sort((a, b) => a.createdAt - b.createdAt);
  const maxAgeDays = accountRow(ctx.store, ctx).passwordPolicy?.maxAgeDays;
  return [
    name,
    arn,
    at(createdAt),
    ...passwordColumns(user, maxAgeDays),
    'false',
    ...keyColumns(ctx, keys[0]),
    ...keyColumns(ctx, keys[1]),
    'false',
    'N/A',
    'false',
    'N/A',
  ].join(',');
}

export function credentialReport(ctx: IamContext): string {
  const { store, account } = ctx;
  const root = line(ctx, '<root_account>', `arn:aws:iam::${account}:root`, accountRow(store, ctx).createdAt, undefined);
  const lines = [...store.find(users, 'byAccount', account)].map((user) =>
    line(ctx, user.name, user.arn, user.createdAt, user),
  );
  return [columns.join(','), root, ...lines].join('\n');
}
