import type { DescribeRepositoriesCommandInput, DescribeRepositoriesCommandOutput } from '@aws-sdk/client-ecr-public';
import { paginate, refusePaging } from '#images/api/pagination.ts';
import { checkCount } from '#images/api/validate.ts';
import { registryKey } from '#model/ecr.ts';
import { repositories } from '#store/tables/ecr.ts';
import type { PublicOperation } from '../context.ts';
import { registryOf, requireRepository } from '../resolve.ts';
import { viewRepository } from '../views.ts';

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_DescribeRepositories.html */
export const DescribeRepositories: PublicOperation<
  DescribeRepositoriesCommandInput,
  DescribeRepositoriesCommandOutput
> = (ctx, input) => {
  const registry = registryOf(ctx, input.registryId);
  if (input.repositoryNames) {
    checkCount('repositoryNames', input.repositoryNames, 1, 100);
    refusePaging(input, 'repositoryNames');
    const rows = input.repositoryNames.map((repositoryName) =>
      requireRepository(ctx.store, ctx, { registryId: registry.account, repositoryName }),
    );
    return { repositories: rows.map((row) => viewRepository(ctx, row)) };
  }
  const page = paginate({
    request: input,
    walk: (after) => ctx.store.find(repositories, 'byRegistry', registryKey(registry), after),
    key: (row) => row.arn,
    toItem: (row) => viewRepository(ctx, row),
  });
  return { repositories: page.items, ...(page.nextToken !== undefined && { nextToken: page.nextToken }) };
};
