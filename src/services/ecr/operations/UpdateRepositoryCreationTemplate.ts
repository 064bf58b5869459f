import type {
  UpdateRepositoryCreationTemplateCommandInput,
  UpdateRepositoryCreationTemplateCommandOutput,
} from '@aws-sdk/client-ecr';
import { templateNotFound } from '#images/api/errors.ts';
import { templateKey } from '#images/repositories.ts';
import { repositoryCreationTemplates } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { changedSettings } from '../templates.ts';
import { checkPrefix } from '../upstreams.ts';
import { viewTemplate } from '../views/template.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UpdateRepositoryCreationTemplate.html */
export const UpdateRepositoryCreationTemplate: EcrOperation<
  UpdateRepositoryCreationTemplateCommandInput,
  UpdateRepositoryCreationTemplateCommandOutput
> = (ctx, input) => {
  const prefix = checkPrefix('prefix', input.prefix!, 256);
  const row = ctx.store.transact((tx) => {
    const before = tx.get(repositoryCreationTemplates, templateKey(ctx, prefix));
    if (!before) throw templateNotFound(prefix);
    const { key, account, region, createdAt, updatedAt: _, prefix: __, ...settings } = before;
    const changed = changedSettings(tx, ctx, ctx, settings, input);
    const updatedAt = ctx.clock.now();
    return tx.put(repositoryCreationTemplates, { ...changed, key, account, region, prefix, createdAt, updatedAt });
  });
  return { registryId: ctx.account, repositoryCreationTemplate: viewTemplate(row) };
};
