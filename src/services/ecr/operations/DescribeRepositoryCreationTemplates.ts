import type {
  DescribeRepositoryCreationTemplatesCommandInput,
  DescribeRepositoryCreationTemplatesCommandOutput,
} from '@aws-sdk/client-ecr';
import { templateNotFound } from '#images/api/errors.ts';
import { paginate, refusePaging } from '#images/api/pagination.ts';
import { checkCount } from '#images/api/validate.ts';
import { templateKey } from '#images/repositories.ts';
import { scopeKey } from '#model/arn.ts';
import { repositoryCreationTemplates } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { checkPrefix } from '../upstreams.ts';
import { viewTemplate } from '../views/template.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositoryCreationTemplates.html */
export const DescribeRepositoryCreationTemplates: EcrOperation<
  DescribeRepositoryCreationTemplatesCommandInput,
  DescribeRepositoryCreationTemplatesCommandOutput
> = (ctx, input) => {
  if (input.prefixes?.length) {
    checkCount('prefixes', input.prefixes, 1, 100);
    refusePaging(input, 'prefixes');
    const templates = input.prefixes.map((given) => {
      const prefix = checkPrefix('prefixes', given, 256);
      const row = ctx.store.get(repositoryCreationTemplates, templateKey(ctx, prefix));
      if (!row) throw templateNotFound(prefix);
      return viewTemplate(row);
    });
    return { registryId: ctx.account, repositoryCreationTemplates: templates };
  }
  const page = paginate({
    request: input,
    walk: (after) => ctx.store.find(repositoryCreationTemplates, 'byScope', scopeKey(ctx), after),
    key: (row) => row.key,
    toItem: viewTemplate,
  });
  return {
    registryId: ctx.account,
    repositoryCreationTemplates: page.items,
    ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
  };
};
