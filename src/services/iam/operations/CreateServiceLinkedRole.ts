import type { CreateServiceLinkedRoleCommandInput, CreateServiceLinkedRoleCommandOutput } from '@aws-sdk/client-iam';
import { insertServiceLinkedRole, serviceLinkedRoles } from '#auth/service-linked-roles.ts';
import { roles } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { invalidInput } from '../errors.ts';
import { findByName } from '../find-by-name.ts';
import { checkQuota } from '../quotas.ts';
import { roleView } from '../views/identities.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceLinkedRole.html */
export const CreateServiceLinkedRole: IamOperation<
  CreateServiceLinkedRoleCommandInput,
  CreateServiceLinkedRoleCommandOutput
> = (ctx, input) => {
  const service = input.AWSServiceName!;
  const suffix = input.CustomSuffix;
  const known = serviceLinkedRoles.get(service);
  if (!known) throw invalidInput(`Service name ${service} is not one that service-linked roles can be made for.`);
  if (suffix !== undefined && !known.takesSuffix) throw invalidInput(`Custom suffix is not allowed for ${service}`);
  const row = ctx.store.transact((tx) => {
    const name = suffix === undefined ? known.roleName : `${known.roleName}_${suffix}`;
    if (findByName(tx, roles, ctx.account, name)) {
      throw invalidInput(`Service role name ${name} has been taken in this account, please try a different suffix.`);
    }
    checkQuota(tx, ctx.account, 'RolesPerAccount');
    return insertServiceLinkedRole(tx, ctx, {
      account: ctx.account,
      service,
      suffix,
      description: input.Description,
    });
  });
  return { Role: roleView(row, 'created') };
};
