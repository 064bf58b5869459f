import type { ListSecretsCommandInput, ListSecretsCommandOutput } from '@aws-sdk/client-secrets-manager';
import { scopeKey } from '#model/arn.ts';
import type { SecretRow } from '#model/secretsmanager.ts';
import { Constraints } from '#protocol/constraints.ts';
import { secrets } from '#store/tables/secrets.ts';
import type { SecretsOperation } from '../context.ts';
import { compileFilters } from '../filters.ts';
import { page } from '../pages.ts';
import { versionsOf } from '../secrets.ts';
import { listView } from '../views.ts';

const orders: Readonly<Record<string, (row: SecretRow) => number | string>> = {
  'created-date': (row) => row.createdAt,
  'last-changed-date': (row) => row.changedAt,
  'last-accessed-date': (row) => row.accessedDay ?? 0,
  name: (row) => row.name,
};

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html. By date of creation by default. */
export const ListSecrets: SecretsOperation<ListSecretsCommandInput, ListSecretsCommandOutput> = (ctx, input) => {
  new Constraints()
    .text('sortBy', input.SortBy, { values: Object.keys(orders) })
    .text('sortOrder', input.SortOrder, { values: ['asc', 'desc'] })
    .check();
  const matches = compileFilters(input.Filters);
  const by = orders[input.SortBy ?? 'created-date']!;
  const sign = input.SortOrder === 'desc' ? -1 : 1;
  const now = ctx.clock.now();
  const rows = [...ctx.store.find(secrets, 'byScope', scopeKey(ctx))]
    .filter((row) => (input.IncludePlannedDeletion ? (row.deletionAt ?? now + 1) > now : row.deletionAt === undefined))
    .filter(matches)
    .sort((a, b) => {
      const [left, right] = [by(a), by(b)];
      return left === right ? (a.arn < b.arn ? -1 : 1) : left < right ? -sign : sign;
    });
  const { rows: found, ...rest } = page(input, { byDefault: 100, max: 100 }, rows, ({ arn }) => arn);
  return { SecretList: found.map((row) => listView(row, versionsOf(ctx.store, row.arn))), ...rest };
};
