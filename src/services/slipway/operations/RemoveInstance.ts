import { instances } from '#store/tables/iam.ts';
import type { SlipwayOperation } from '../context.ts';
import { instanceNotFound } from '../errors.ts';

export interface RemoveInstanceInput {
  readonly instanceId: string;
}

/** Takes an instance's identity away: its key and every credential that it has got are worth nothing from now on. */
export const RemoveInstance: SlipwayOperation<RemoveInstanceInput, object> = (ctx, { instanceId }) => {
  const arn = `arn:aws:ec2:${ctx.region}:${ctx.account}:instance/${instanceId}`;
  ctx.store.transact((tx) => {
    if (!tx.get(instances, arn)) throw instanceNotFound(instanceId);
    tx.delete(instances, arn);
  });
  return {};
};
