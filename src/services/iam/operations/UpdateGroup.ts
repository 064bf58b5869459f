import type { UpdateGroupCommandInput, UpdateGroupCommandOutput } from '@aws-sdk/client-iam';
import { groups, users } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { entityAlreadyExists } from '../errors.ts';
import { findByName } from '../find-by-name.ts';
import { iamArn } from '../iam-arn.ts';
import { findGroup } from '../identities.ts';

export const UpdateGroup: IamOperation<UpdateGroupCommandInput, UpdateGroupCommandOutput> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const row = findGroup(tx, ctx.account, input.GroupName!);
    const name = input.NewGroupName ?? row.name;
    const path = input.NewPath ?? row.path;
    const taken = findByName(tx, groups, ctx.account, name);
    if (taken && taken.arn !== row.arn) throw entityAlreadyExists(`Group with name ${name} already exists.`);
    const arn = iamArn(ctx.account, 'group', path, name);
    if (arn === row.arn) return;
    tx.delete(groups, row.arn);
    tx.insert(groups, { ...row, arn, path, name });
    for (const user of [...tx.find(users, 'byGroup', row.arn)]) {
      tx.put(users, { ...user, groupArns: user.groupArns.map((one) => (one === row.arn ? arn : one)) });
    }
  });
  return {};
};
