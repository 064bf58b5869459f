import type { Attribute, PutAttributesCommandInput, PutAttributesCommandOutput } from '@aws-sdk/client-ecs';
import type { ContainerInstanceRow } from '#model/rows.ts';
import { containerInstances } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { attributeLimitExceeded, targetNotFound } from '../errors.ts';
import { requireCluster } from '../resolve.ts';
import { findContainerInstance } from '../resolve-container-instance.ts';
import {
  checkAttributeCount,
  checkEniLimit,
  checkTargetedAttribute,
  isReserved,
  maxCustomAttributes,
} from '../validate/attributes.ts';

function withAttribute(row: ContainerInstanceRow, name: string, value: string | undefined): ContainerInstanceRow {
  const others = row.attributes.filter((attribute) => attribute.name !== name);
  const custom = others.filter((attribute) => !isReserved(attribute.name!)).length + 1;
  if (custom > maxCustomAttributes) {
    throw attributeLimitExceeded(
      `You can apply up to ${maxCustomAttributes} custom attributes for each resource. You can view the attributes of a resource with ListAttributes. You can remove existing attributes on a resource with DeleteAttributes.`,
    );
  }
  return { ...row, attributes: [...others, { name, ...(value !== undefined && { value }) }], version: row.version + 1 };
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutAttributes.html */
export const PutAttributes: EcsOperation<PutAttributesCommandInput, PutAttributesCommandOutput> = (ctx, input) => {
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const checked = checkAttributeCount(input.attributes).map(checkTargetedAttribute);
  const attributes: Attribute[] = [];
  ctx.store.transact((tx) => {
    for (const { name, value, targetId } of checked) {
      checkEniLimit({ name, value });
      const row = findContainerInstance(tx, ctx, cluster, targetId);
      if (!row || row.status === 'INACTIVE') throw targetNotFound();
      tx.put(containerInstances, withAttribute(row, name, value));
      attributes.push({ name, ...(value !== undefined && { value }), targetId: row.arn });
    }
  });
  return { attributes };
};
