import type { CreateRepositoryCommandInput, CreateRepositoryCommandOutput } from '@aws-sdk/client-ecr';
import { repositoryExists } from '#images/api/errors.ts';
import { checkRepositoryName, checkTagMutability, checkTags } from '#images/api/validate.ts';
import { createRepository } from '#images/repositories.ts';
import { registryKey } from '#model/ecr.ts';
import { repositories } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { toEncryption } from '../encryption.ts';
import { enforceQuota } from '../quotas.ts';
import { registryOf } from '../resolve.ts';
import { viewRepository } from '../views/repository.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html */
export const CreateRepository: EcrOperation<CreateRepositoryCommandInput, CreateRepositoryCommandOutput> = (
  ctx,
  input,
) => {
  const registry = registryOf(ctx, input.registryId);
  const name = checkRepositoryName(input.repositoryName!);
  const mutability = checkTagMutability(input.imageTagMutability, input.imageTagMutabilityExclusionFilters);
  const tags = checkTags(input.tags);
  const row = ctx.store.transact((tx) => {
    const encryption = toEncryption(tx, ctx, registry, input.encryptionConfiguration);
    const scanOnPush = input.imageScanningConfiguration?.scanOnPush ?? false;
    const settings = { ...mutability, ...encryption, scanOnPush, tags };
    const made = createRepository(tx, ctx, { registry, name, settings });
    if (!made) throw repositoryExists({ name, account: registry.account });
    enforceQuota(ctx, 'repositories-per-registry', tx.count(repositories, 'byRegistry', registryKey(registry)));
    return made;
  });
  return { repository: viewRepository(ctx, row) };
};
