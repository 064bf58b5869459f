import type { CreateUserCommandInput, CreateUserCommandOutput } from '@aws-sdk/client-iam';
import { uniqueId } from '#lib/ids.ts';
import { accessKeys, users } from '#store/tables/iam.ts';
import { checkBoundary } from '../boundaries.ts';
import type { IamOperation } from '../context.ts';
import { entityAlreadyExists } from '../errors.ts';
import { findByName } from '../find-by-name.ts';
import { iamArn } from '../iam-arn.ts';
import { checkQuota } from '../quotas.ts';
import { readTags } from '../tags.ts';
import { userView } from '../views/identities.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html */
export const CreateUser: IamOperation<CreateUserCommandInput, CreateUserCommandOutput> = (ctx, input) => {
  const { account, clock, random } = ctx;
  const name = input.UserName!;
  const path = input.Path ?? '/';
  const arn = iamArn(account, 'user', path, name);
  const row = ctx.store.transact((tx) => {
    if (findByName(tx, users, account, name) || tx.count(accessKeys, 'byPrincipal', arn) > 0)
      throw entityAlreadyExists(`User with name ${name} already exists.`);
    checkQuota(tx, account, 'UsersPerAccount');
    if (input.PermissionsBoundary !== undefined) checkBoundary(tx, account, input.PermissionsBoundary);
    return tx.insert(users, {
      arn,
      account,
      path,
      name,
      id: uniqueId(random, 'AIDA'),
      createdAt: clock.now(),
      attachedPolicyArns: [],
      inlinePolicies: [],
      groupArns: [],
      ...(input.PermissionsBoundary !== undefined && { permissionsBoundary: input.PermissionsBoundary }),
      tags: readTags(input.Tags),
    });
  });
  return { User: userView(row, 'full') };
};
