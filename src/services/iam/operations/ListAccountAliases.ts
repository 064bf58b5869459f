import type { ListAccountAliasesCommandInput, ListAccountAliasesCommandOutput } from '@aws-sdk/client-iam';
import { accountRow } from '../accounts.ts';
import type { IamOperation } from '../context.ts';

export const ListAccountAliases: IamOperation<ListAccountAliasesCommandInput, ListAccountAliasesCommandOutput> = (
  ctx,
) => {
  const { alias } = accountRow(ctx.store, ctx);
  return { AccountAliases: alias === undefined ? [] : [alias], IsTruncated: false };
};
