import type { ListKeysCommandInput, ListKeysCommandOutput } from '@aws-sdk/client-kms';
import { scopeKey } from '#model/arn.ts';
import { kmsKeys } from '#store/tables/secrets.ts';
import type { KmsOperation } from '../context.ts';
import { page } from '../pages.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html */
export const ListKeys: KmsOperation<ListKeysCommandInput, ListKeysCommandOutput> = (ctx, input) => {
  const { rows, ...rest } = page(
    input,
    { byDefault: 100, max: 1000 },
    (after) => ctx.store.find(kmsKeys, 'byScope', scopeKey(ctx), after),
    (row) => row.arn,
  );
  return { Keys: rows.map((row) => ({ KeyId: row.id, KeyArn: row.arn })), ...rest };
};
