import type { DeleteAccessKeyCommandInput, DeleteAccessKeyCommandOutput } from '@aws-sdk/client-iam';
import { accessKeys, accessKeyUses } from '#store/tables/iam.ts';
import { findAccessKey } from '../access-keys.ts';
import type { IamOperation } from '../context.ts';

export const DeleteAccessKey: IamOperation<DeleteAccessKeyCommandInput, DeleteAccessKeyCommandOutput> = (
  ctx,
  input,
) => {
  ctx.store.transact((tx) => {
    const { accessKeyId } = findAccessKey(ctx, tx, input);
    tx.delete(accessKeys, accessKeyId);
    tx.delete(accessKeyUses, accessKeyId);
  });
  return {};
};
