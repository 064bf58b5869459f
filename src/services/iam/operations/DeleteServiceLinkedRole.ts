import type { DeleteServiceLinkedRoleCommandInput, DeleteServiceLinkedRoleCommandOutput } from '@aws-sdk/client-iam';
import { uuid } from '#lib/ids.ts';
import { roles, roleUses, serviceLinkedRoleDeletions } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { invalidInput } from '../errors.ts';
import { findRole } from '../identities.ts';
import { usageOf } from '../service-linked-role-usage.ts';
import { renamePrincipal } from '../trusted-principals.ts';

/** How long the outcome of a deletion can be asked for. */
const keepMs = 7 * 24 * 3600_000;

/** The outcome is known at once; GetServiceLinkedRoleDeletionStatus tells it. */
export const DeleteServiceLinkedRole: IamOperation<
  DeleteServiceLinkedRoleCommandInput,
  DeleteServiceLinkedRoleCommandOutput
> = (ctx, input) => {
  const { account, clock, random } = ctx;
  const id = ctx.store.transact((tx) => {
    const role = findRole(tx, account, input.RoleName!);
    if (role.linkedService === undefined) throw invalidInput(`Role ${role.name} is not a service-linked role.`);
    for (const old of [...tx.find(serviceLinkedRoleDeletions, 'byAccount', account)]) {
      if (old.createdAt + keepMs < clock.now()) tx.delete(serviceLinkedRoleDeletions, old.id);
    }
    const taskId = `task${role.path}${role.name}/${uuid(random)}`;
    const usage = usageOf(tx, account, role.linkedService);
    const isUsed = usage.length > 0;
    if (!isUsed) {
      tx.delete(roles, role.arn);
      tx.delete(roleUses, role.arn);
      renamePrincipal(tx, role.arn, role.id);
    }
    tx.insert(serviceLinkedRoleDeletions, {
      id: taskId,
      account,
      createdAt: clock.now(),
      status: isUsed ? 'FAILED' : 'SUCCEEDED',
      ...(isUsed && { reason: 'The role is in use by resources of the service.', usage }),
    });
    return taskId;
  });
  return { DeletionTaskId: id };
};
