import type {
  GetServiceLinkedRoleDeletionStatusCommandInput,
  GetServiceLinkedRoleDeletionStatusCommandOutput,
} from '@aws-sdk/client-iam';
import { serviceLinkedRoleDeletions } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { noSuchEntity } from '../errors.ts';

export const GetServiceLinkedRoleDeletionStatus: IamOperation<
  GetServiceLinkedRoleDeletionStatusCommandInput,
  GetServiceLinkedRoleDeletionStatusCommandOutput
> = (ctx, input) => {
  const row = ctx.store.get(serviceLinkedRoleDeletions, input.DeletionTaskId!);
  if (row?.account !== ctx.account)
    throw noSuchEntity(`The deletion task with id ${input.DeletionTaskId} cannot be found.`);
  if (row.status === 'SUCCEEDED') return { Status: row.status };
  const usage = row.usage?.map(({ region, resources }) => ({ Region: region, Resources: [...resources] }));
  return { Status: row.status, Reason: { Reason: row.reason, RoleUsageList: usage ?? [] } };
};
