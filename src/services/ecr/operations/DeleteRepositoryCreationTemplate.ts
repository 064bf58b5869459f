import type {
  DeleteRepositoryCreationTemplateCommandInput,
  DeleteRepositoryCreationTemplateCommandOutput,
} from '@aws-sdk/client-ecr';
import { templateNotFound } from '#images/api/errors.ts';
import { templateKey } from '#images/repositories.ts';
import { repositoryCreationTemplates } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { checkPrefix } from '../upstreams.ts';
import { viewTemplate } from '../views/template.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepositoryCreationTemplate.html */
export const DeleteRepositoryCreationTemplate: EcrOperation<
  DeleteRepositoryCreationTemplateCommandInput,
  DeleteRepositoryCreationTemplateCommandOutput
> = (ctx, input) => {
  const prefix = checkPrefix('prefix', input.prefix!, 256);
  const row = ctx.store.transact((tx) => {
    const before = tx.get(repositoryCreationTemplates, templateKey(ctx, prefix));
    if (!before) throw templateNotFound(prefix);
    tx.delete(repositoryCreationTemplates, before.key);
    return before;
  });
  return { registryId: ctx.account, repositoryCreationTemplate: viewTemplate(row) };
};
