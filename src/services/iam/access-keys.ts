import type { AccessKeyRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { accessKeys } from '#store/tables/iam.ts';
import type { IamContext } from './context.ts';
import { credentialOwner } from './current-user.ts';
import { noSuchEntity } from './errors.ts';

/** The caller's key, or one of the user that the request names. */
export function findAccessKey(
  ctx: IamContext,
  view: View,
  input: { readonly UserName?: string | undefined; readonly AccessKeyId: string | undefined },
): AccessKeyRow {
  const owner = credentialOwner(ctx, view, input.UserName);
  const row = view.get(accessKeys, input.AccessKeyId!);
  if (row?.principalArn !== owner.arn)
    throw noSuchEntity(`The Access Key with id ${input.AccessKeyId} cannot be found.`);
  return row;
}
