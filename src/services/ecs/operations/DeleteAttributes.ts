import type { Attribute, DeleteAttributesCommandInput, DeleteAttributesCommandOutput } from '@aws-sdk/client-ecs';
import { containerInstances } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { targetNotFound } from '../errors.ts';
import { requireCluster } from '../resolve.ts';
import { findContainerInstance } from '../resolve-container-instance.ts';
import { checkAttributeCount, checkTargetedAttribute } from '../validate/attributes.ts';

/**
 * Deletes by name; with a value only when the attribute has that value. Answers what it deleted.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteAttributes.html
 */
export const DeleteAttributes: EcsOperation<DeleteAttributesCommandInput, DeleteAttributesCommandOutput> = (
  ctx,
  input,
) => {
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const checked = checkAttributeCount(input.attributes).map(checkTargetedAttribute);
  const attributes: Attribute[] = [];
  ctx.store.transact((tx) => {
    for (const { name, value, targetId } of checked) {
      const row = findContainerInstance(tx, ctx, cluster, targetId);
      if (!row || row.status === 'INACTIVE') throw targetNotFound();
      const gone = row.attributes.find((one) => one.name === name && (value === undefined || one.value === value));
      if (!gone) continue;
      const left = row.attributes.filter((one) => one !== gone);
      tx.put(containerInstances, { ...row, attributes: left, version: row.version + 1 });
      attributes.push({ ...gone, targetId: row.arn });
    }
  });
  return { attributes };
};
