import type {
  CreateRepositoryCreationTemplateCommandInput,
  CreateRepositoryCreationTemplateCommandOutput,
} from '@aws-sdk/client-ecr';
import { templateExists } from '#images/api/errors.ts';
import { templateKey } from '#images/repositories.ts';
import { repositoryCreationTemplates } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { registryOf } from '../resolve.ts';
import { changedSettings, templateDefaults } from '../templates.ts';
import { checkPrefix } from '../upstreams.ts';
import { viewTemplate } from '../views/template.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepositoryCreationTemplate.html */
export const CreateRepositoryCreationTemplate: EcrOperation<
  CreateRepositoryCreationTemplateCommandInput,
  CreateRepositoryCreationTemplateCommandOutput
> = (ctx, input) => {
  const { account, region } = registryOf(ctx);
  const prefix = checkPrefix('prefix', input.prefix!, 256);
  const row = ctx.store.transact((tx) => {
    const key = templateKey(ctx, prefix);
    if (tx.get(repositoryCreationTemplates, key)) throw templateExists(prefix);
    const settings = changedSettings(tx, ctx, ctx, templateDefaults, input);
    const nowMs = ctx.clock.now();
    return tx.insert(repositoryCreationTemplates, {
      ...settings,
      key,
      account,
      region,
      prefix,
      createdAt: nowMs,
      updatedAt: nowMs,
    });
  });
  return { registryId: account, repositoryCreationTemplate: viewTemplate(row) };
};
