import type { CreateGroupCommandInput, CreateGroupCommandOutput } from '@aws-sdk/client-iam';
import { uniqueId } from '#lib/ids.ts';
import { groups } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { entityAlreadyExists } from '../errors.ts';
import { findByName } from '../find-by-name.ts';
import { iamArn } from '../iam-arn.ts';
import { checkQuota } from '../quotas.ts';
import { groupView } from '../views/identities.ts';

export const CreateGroup: IamOperation<CreateGroupCommandInput, CreateGroupCommandOutput> = (ctx, input) => {
  const { account, clock, random } = ctx;
  const name = input.GroupName!;
  const path = input.Path ?? '/';
  const row = ctx.store.transact((tx) => {
    if (findByName(tx, groups, account, name)) throw entityAlreadyExists(`Group with name ${name} already exists.`);
    checkQuota(tx, account, 'GroupsPerAccount');
    return tx.insert(groups, {
      arn: iamArn(account, 'group', path, name),
      account,
      path,
      name,
      id: uniqueId(random, 'AGPA'),
      createdAt: clock.now(),
      attachedPolicyArns: [],
      inlinePolicies: [],
    });
  });
  return { Group: groupView(row) };
};
