import type { CreateRoleCommandInput, CreateRoleCommandOutput } from '@aws-sdk/client-iam';
import { uniqueId } from '#lib/ids.ts';
import { roles } from '#store/tables/iam.ts';
import { checkBoundary } from '../boundaries.ts';
import type { IamOperation } from '../context.ts';
import { checkTrustPolicy } from '../documents.ts';
import { entityAlreadyExists, validationError } from '../errors.ts';
import { findByName } from '../find-by-name.ts';
import { iamArn } from '../iam-arn.ts';
import { checkQuota } from '../quotas.ts';
import { readTags } from '../tags.ts';
import { roleView } from '../views/identities.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
export const CreateRole: IamOperation<CreateRoleCommandInput, CreateRoleCommandOutput> = (ctx, input) => {
  const { account, clock, random } = ctx;
  const name = input.RoleName!;
  const path = input.Path ?? '/';
  if (path.startsWith('/aws-service-role/') || path.startsWith('/aws-reserved/'))
    throw validationError(
      `The specified value for path is invalid. It must not begin with ${path.split('/', 2).join('/')}/.`,
    );
  const row = ctx.store.transact((tx) => {
    if (findByName(tx, roles, account, name)) throw entityAlreadyExists(`Role with name ${name} already exists.`);
    checkTrustPolicy(tx, input.AssumeRolePolicyDocument!);
    checkQuota(tx, account, 'RolesPerAccount');
    if (input.PermissionsBoundary !== undefined) checkBoundary(tx, account, input.PermissionsBoundary);
    return tx.insert(roles, {
      arn: iamArn(account, 'role', path, name),
      account,
      path,
      name,
      id: uniqueId(random, 'AROA'),
      createdAt: clock.now(),
      attachedPolicyArns: [],
      inlinePolicies: [],
      ...(input.Description !== undefined && { description: input.Description }),
      assumeRolePolicyDocument: input.AssumeRolePolicyDocument!,
      maxSessionDurationSeconds: input.MaxSessionDuration ?? 3600,
      ...(input.PermissionsBoundary !== undefined && { permissionsBoundary: input.PermissionsBoundary }),
      tags: readTags(input.Tags),
    });
  });
  return { Role: roleView(row, 'created') };
};
