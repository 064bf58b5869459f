import type { UpdateAccessKeyCommandInput, UpdateAccessKeyCommandOutput } from '@aws-sdk/client-iam';
import { accessKeys } from '#store/tables/iam.ts';
import { findAccessKey } from '../access-keys.ts';
import type { IamOperation } from '../context.ts';
import { validationError } from '../errors.ts';

/** An inactive key opens nothing, from the next request on. */
export const UpdateAccessKey: IamOperation<UpdateAccessKeyCommandInput, UpdateAccessKeyCommandOutput> = (
  ctx,
  input,
) => {
  const status = input.Status;
  if (status !== 'Active' && status !== 'Inactive') throw validationError(`Invalid status: ${status}`);
  ctx.store.transact((tx) => tx.put(accessKeys, { ...findAccessKey(ctx, tx, input), status }));
  return {};
};
