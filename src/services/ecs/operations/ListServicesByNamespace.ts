import type { ListServicesByNamespaceCommandInput, ListServicesByNamespaceCommandOutput } from '@aws-sdk/client-ecs';
import { scopeKey } from '#model/arn.ts';
import type { ServiceRow } from '#model/rows.ts';
import { services } from '#store/tables/ecs.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter, namespaceNotFound } from '../errors.ts';
import { paginate } from '../pagination.ts';

/**
 * Services whose Service Connect configuration names the namespace, of all clusters; ten a page unless asked otherwise.
 * Without AWS Cloud Map a namespace exists only in that some service names it.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServicesByNamespace.html
 */
export const ListServicesByNamespace: EcsOperation<
  ListServicesByNamespaceCommandInput,
  ListServicesByNamespaceCommandOutput
> = (ctx, input) => {
  if (!input.namespace) throw invalidParameter('Namespace can not be blank.');
  const group = `${scopeKey(ctx)}/${input.namespace}`;
  const page = paginate({
    request: { ...input, maxResults: input.maxResults ?? 10 },
    walk: (after) => ctx.store.find(services, 'byNamespace', group, after),
    key: (row: ServiceRow) => row.arn,
    toItem: (row) => row.arn as string,
  });
  if (ctx.store.count(services, 'byNamespace', group) === 0) throw namespaceNotFound(input.namespace);
  return { serviceArns: page.items, ...(page.nextToken && { nextToken: page.nextToken }) };
};
