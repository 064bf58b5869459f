import type {
  BatchGetRepositoryScanningConfigurationCommandInput,
  BatchGetRepositoryScanningConfigurationCommandOutput,
  RepositoryScanningConfiguration,
  RepositoryScanningConfigurationFailure,
} from '@aws-sdk/client-ecr';
import { checkCount, checkRepositoryName } from '#images/api/validate.ts';
import { findRepository } from '#images/repositories.ts';
import { scanningOf } from '#images/scanning-configuration.ts';
import type { EcrOperation } from '../context.ts';
import { findRegistry, registryOf } from '../resolve.ts';
import { viewFilters } from '../views/registry.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetRepositoryScanningConfiguration.html */
export const BatchGetRepositoryScanningConfiguration: EcrOperation<
  BatchGetRepositoryScanningConfigurationCommandInput,
  BatchGetRepositoryScanningConfigurationCommandOutput
> = (ctx, input) => {
  checkCount('repositoryNames', input.repositoryNames!, 1, 25);
  const registry = findRegistry(ctx.store, ctx);
  const scanningConfigurations: RepositoryScanningConfiguration[] = [];
  const failures: RepositoryScanningConfigurationFailure[] = [];
  for (const repositoryName of input.repositoryNames!) {
    checkRepositoryName(repositoryName, 'repositoryNames');
    const row = findRepository(ctx.store, registryOf(ctx), repositoryName);
    if (!row) {
      const code = 'REPOSITORY_NOT_FOUND';
      failures.push({ repositoryName, failureCode: code, failureReason: code });
      continue;
    }
    const { scanOnPush, scanFrequency, filters } = scanningOf(registry, row);
    scanningConfigurations.push({
      repositoryArn: row.arn,
      repositoryName,
      scanOnPush,
      scanFrequency,
      appliedScanFilters: viewFilters(filters),
    });
  }
  return { scanningConfigurations, failures };
};
