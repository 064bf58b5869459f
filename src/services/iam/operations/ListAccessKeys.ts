import type { ListAccessKeysCommandInput, ListAccessKeysCommandOutput } from '@aws-sdk/client-iam';
import { accessKeys } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { credentialOwner } from '../current-user.ts';
import { pageOfRows } from '../paging.ts';

export const ListAccessKeys: IamOperation<ListAccessKeysCommandInput, ListAccessKeysCommandOutput> = (ctx, input) => {
  const owner = credentialOwner(ctx, ctx.store, input.UserName);
  const { items, ...page } = pageOfRows(
    input,
    (after) => ctx.store.find(accessKeys, 'byPrincipal', owner.arn, after),
    (row) => row.accessKeyId,
  );
  const list = items.map((row) => ({
    ...(owner.user && { UserName: owner.user.name }),
    AccessKeyId: row.accessKeyId,
    Status: row.status,
    CreateDate: new Date(row.createdAt),
  }));
  return { AccessKeyMetadata: list, ...page };
};
