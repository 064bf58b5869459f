import type { ListRetirableGrantsCommandInput, ListRetirableGrantsCommandOutput } from '@aws-sdk/client-kms';
import { kmsGrants } from '#store/tables/secrets.ts';
import type { KmsOperation } from '../context.ts';
import { unsupported, validation } from '../errors.ts';
import { page } from '../pages.ts';
import { grantView } from '../views.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListRetirableGrants.html */
export const ListRetirableGrants: KmsOperation<ListRetirableGrantsCommandInput, ListRetirableGrantsCommandOutput> = (
  ctx,
  input,
) => {
  if (input.RetiringServicePrincipal !== undefined)
    throw unsupported('Grants to service principals are not supported.');
  if (input.RetiringPrincipal === undefined) throw validation('RetiringPrincipal is required.');
  const { rows, ...rest } = page(
    input,
    { byDefault: 50, max: 100 },
    (after) => ctx.store.find(kmsGrants, 'byRetiringPrincipal', input.RetiringPrincipal!, after),
    (row) => row.key,
  );
  return { Grants: rows.filter(({ keyArn }) => keyArn.includes(`:${ctx.region}:`)).map(grantView), ...rest };
};
