import type { UpdateUserCommandInput, UpdateUserCommandOutput } from '@aws-sdk/client-iam';
import { accessKeys, users } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { entityAlreadyExists } from '../errors.ts';
import { findByName } from '../find-by-name.ts';
import { iamArn } from '../iam-arn.ts';
import { findUser } from '../identities.ts';
import { renamePrincipal } from '../trusted-principals.ts';

/** A new name or path is a new ARN: access keys and trust policies follow. */
export const UpdateUser: IamOperation<UpdateUserCommandInput, UpdateUserCommandOutput> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const row = findUser(tx, ctx.account, input.UserName!);
    const name = input.NewUserName ?? row.name;
    const path = input.NewPath ?? row.path;
    const taken = findByName(tx, users, ctx.account, name);
    if (taken && taken.arn !== row.arn) throw entityAlreadyExists(`User with name ${name} already exists.`);
    const arn = iamArn(ctx.account, 'user', path, name);
    if (arn === row.arn) return;
    tx.delete(users, row.arn);
    tx.insert(users, { ...row, arn, path, name });
    for (const key of [...tx.find(accessKeys, 'byPrincipal', row.arn)]) {
      tx.put(accessKeys, { ...key, principalArn: arn });
    }
    renamePrincipal(tx, row.arn, arn);
  });
  return {};
};
