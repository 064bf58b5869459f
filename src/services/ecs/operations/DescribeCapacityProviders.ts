import type {
  CapacityProvider,
  DescribeCapacityProvidersCommandInput,
  DescribeCapacityProvidersCommandOutput,
  Failure,
} from '@aws-sdk/client-ecs';
import { capacityProviderArn, lastSegment, scopeKey } from '#model/arn.ts';
import { capacityProviders } from '#store/tables/ecs.ts';
import type { EcsContext, EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { paginate } from '../pagination.ts';
import { requireCluster } from '../resolve.ts';
import {
  capacityProviderName,
  fargateProviders,
  findCapacityProvider,
  isFargateProvider,
  toCapacityProviderArn,
} from '../resolve-capacity-provider.ts';
import { viewCapacityProvider, viewFargateProvider } from '../views/capacity-provider.ts';

const maxNames = 100;
const maxPerPage = 10;

/** ARNs of all providers: the account's own, then the two of Fargate. */
function* allArns(ctx: EcsContext, after: string | undefined): Generator<string> {
  const fargate = fargateProviders.map((name) => capacityProviderArn(ctx, name) as string);
  const done = after === undefined ? -1 : fargate.indexOf(after);
  if (done < 0) for (const row of ctx.store.find(capacityProviders, 'byScope', scopeKey(ctx), after)) yield row.arn;
  yield* fargate.slice(done + 1);
}

/** The rest of a list that a client named. */
function namedArns(arns: readonly string[], after: string | undefined): readonly string[] {
  return after === undefined ? arns : arns.slice(arns.indexOf(after) + 1);
}

/**
 * All providers, or the named ones, ten a page at most; with `cluster` only what that is associated with.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeCapacityProviders.html
 */
export const DescribeCapacityProviders: EcsOperation<
  DescribeCapacityProvidersCommandInput,
  DescribeCapacityProvidersCommandOutput
> = (ctx, input) => {
  const names = input.capacityProviders ?? [];
  if (names.length > maxNames) {
    throw invalidParameter(`Capacity Providers cannot have more than ${maxNames} elements.`);
  }
  for (const field of input.include ?? []) {
    if (field !== 'TAGS') throw invalidParameter(`Invalid include value: ${field}.`);
  }
  const withTags = input.include?.includes('TAGS') ?? false;
  const cluster = input.cluster ? requireCluster(ctx.store, ctx, input.cluster) : undefined;
  const named = [...new Set(names.map((name) => toCapacityProviderArn(ctx, name)))];
  const view = (arn: string): CapacityProvider | undefined => {
    const name = capacityProviderName(ctx, arn);
    if (cluster && !cluster.capacityProviders.includes(name)) return undefined;
    if (isFargateProvider(name)) return viewFargateProvider(ctx, name);
    const row = findCapacityProvider(ctx.store, ctx, arn);
    return row && viewCapacityProvider(row, withTags);
  };
  const { items, nextToken } = paginate({
    request: input,
    walk: (after) => (named.length > 0 ? namedArns(named, after) : allArns(ctx, after)),
    key: (arn) => arn,
    keep: (arn) => named.length > 0 || !cluster || cluster.capacityProviders.includes(lastSegment(arn)),
    toItem: (arn) => ({ arn, provider: view(arn) }),
    max: maxPerPage,
  });
  const failures: Failure[] = items.flatMap(({ arn, provider }) => (provider ? [] : [{ arn, reason: 'MISSING' }]));
  return {
    capacityProviders: items.flatMap(({ provider }) => provider ?? []),
    failures,
    ...(nextToken && { nextToken }),
  };
};
