import type { ListGrantsCommandInput, ListGrantsCommandOutput } from '@aws-sdk/client-kms';
import { kmsGrants } from '#store/tables/secrets.ts';
import type { KmsContext, KmsOperation } from '../context.ts';
import { page } from '../pages.ts';
import { checkNotDeleting, resolveKey } from '../resolve.ts';
import { grantView } from '../views.ts';

function* matching(ctx: KmsContext, keyArn: string, input: ListGrantsCommandInput, after: string | undefined) {
  for (const row of ctx.store.find(kmsGrants, 'byKey', keyArn, after)) {
    if (input.GrantId !== undefined && row.id !== input.GrantId) continue;
    if (input.GranteePrincipal !== undefined && row.granteePrincipal !== input.GranteePrincipal) continue;
    yield row;
  }
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html */
export const ListGrants: KmsOperation<ListGrantsCommandInput, ListGrantsCommandOutput> = (ctx, input) => {
  const key = resolveKey(ctx, input.KeyId);
  checkNotDeleting(key);
  const { rows, ...rest } = page(
    input,
    { byDefault: 50, max: 100 },
    (after) => matching(ctx, key.arn, input, after),
    (row) => row.key,
  );
  return { Grants: rows.map(grantView), ...rest };
};
