import type { Attribute, ListAttributesCommandInput, ListAttributesCommandOutput } from '@aws-sdk/client-ecs';
import type { ClusterRow, ContainerInstanceRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { containerInstances } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { paginate } from '../pagination.ts';
import { requireCluster } from '../resolve.ts';

interface Entry {
  readonly targetId: string;
  readonly attribute: Attribute;
}

const keyOf = ({ targetId, attribute }: Entry) => `${targetId}#${attribute.name}`;

function* activeFrom(view: View, cluster: ClusterRow, first: string | undefined): Generator<ContainerInstanceRow> {
  const row = first === undefined ? undefined : view.get(containerInstances, first);
  if (row && row.clusterArn === cluster.arn && row.status !== 'INACTIVE') yield row;
  for (const next of view.find(containerInstances, 'byCluster', cluster.arn, first)) {
    if (next.status !== 'INACTIVE') yield next;
  }
}

/** Attributes instance by instance, by name within one; `after` is the key of an entry. */
function* entriesOf(view: View, cluster: ClusterRow, after: string | undefined): Generator<Entry> {
  const lastTarget = after?.slice(0, after.indexOf('#'));
  for (const row of activeFrom(view, cluster, lastTarget)) {
    const sorted = [...row.attributes].sort((a, b) => (a.name! < b.name! ? -1 : 1));
    for (const attribute of sorted) {
      const entry = { targetId: row.arn, attribute };
      if (after === undefined || row.arn !== lastTarget || keyOf(entry) > after) yield entry;
    }
  }
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListAttributes.html (1 to 100, default 100) */
export const ListAttributes: EcsOperation<ListAttributesCommandInput, ListAttributesCommandOutput> = (ctx, input) => {
  if (input.targetType !== 'container-instance') throw invalidParameter(`Invalid target type: ${input.targetType}`);
  const { attributeName, attributeValue } = input;
  if (attributeValue !== undefined && !attributeName) {
    throw invalidParameter('Attribute value can not be given without an attribute name.');
  }
  const cluster = requireCluster(ctx.store, ctx, input.cluster);
  const page = paginate({
    request: input,
    walk: (after) => entriesOf(ctx.store, cluster, after),
    key: keyOf,
    keep: ({ attribute }) =>
      (attributeName === undefined || attribute.name === attributeName) &&
      (attributeValue === undefined || attribute.value === attributeValue),
    toItem: ({ targetId, attribute }): Attribute => ({ ...attribute, targetId }),
  });
  return { attributes: page.items, ...(page.nextToken !== undefined && { nextToken: page.nextToken }) };
};
