import type { ListAliasesCommandInput, ListAliasesCommandOutput } from '@aws-sdk/client-kms';
import { scopeKey } from '#model/arn.ts';
import { kmsAliases } from '#store/tables/secrets.ts';
import type { KmsOperation } from '../context.ts';
import { page } from '../pages.ts';
import { resolveKey } from '../resolve.ts';
import { aliasView } from '../views.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html */
export const ListAliases: KmsOperation<ListAliasesCommandInput, ListAliasesCommandOutput> = (ctx, input) => {
  const key = input.KeyId === undefined ? undefined : resolveKey(ctx, input.KeyId);
  const { rows, ...rest } = page(
    input,
    { byDefault: 50, max: 100 },
    (after) =>
      key
        ? ctx.store.find(kmsAliases, 'byKey', key.arn, after)
        : ctx.store.find(kmsAliases, 'byScope', scopeKey(ctx), after),
    (row) => row.arn,
  );
  return { Aliases: rows.map(aliasView), ...rest };
};
