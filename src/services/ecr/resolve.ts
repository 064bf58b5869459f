/** From what a client writes to rows: the registry, the repository, the image. */
import type { ImageIdentifier } from '@aws-sdk/client-ecr';
import { imageNotFound, invalidAt, repositoryNotFound } from '#images/api/errors.ts';
import { checkImageId, checkRegistryId, checkRepositoryName } from '#images/api/validate.ts';
import { type Resolved, resolveImage } from '#images/delete-image.ts';
import { privateRegistry } from '#images/image-name.ts';
import { findRepository } from '#images/repositories.ts';
import { parseArn, type Scope, scopeKey } from '#model/arn.ts';
import type { ImageRow, Registry, RepositoryRow } from '#model/ecr.ts';
import type { RegistryRow } from '#model/ecr-registry.ts';
import type { Tx, View } from '#store/store.ts';
import { registries, repositories } from '#store/tables/ecr.ts';

export const registryOf = (scope: Scope, registryId?: string): Registry =>
  privateRegistry({ account: checkRegistryId(registryId) ?? scope.account, region: scope.region });

interface RepositoryInput {
  readonly registryId?: string | undefined;
  readonly repositoryName?: string | undefined;
}

export function requireRepository(view: View, scope: Scope, input: RepositoryInput): RepositoryRow {
  const registry = registryOf(scope, input.registryId);
  const name = checkRepositoryName(input.repositoryName!);
  const repository = findRepository(view, registry, name);
  if (!repository) throw repositoryNotFound({ name, account: registry.account });
  return repository;
}

/** Changes a repository that the request names. */
export function updateRepository(
  tx: Tx,
  scope: Scope,
  input: RepositoryInput,
  change: (row: RepositoryRow) => RepositoryRow,
): RepositoryRow {
  return tx.update(repositories, requireRepository(tx, scope, input).arn, change);
}

export function requireRepositoryOfArn(view: View, scope: Scope, resourceArn: string): RepositoryRow {
  const arn = parseArn(resourceArn);
  if (arn?.service !== 'ecr' || !arn.resource.startsWith('repository/')) {
    throw invalidAt('resourceArn', 'Invalid ARN');
  }
  const name = arn.resource.slice('repository/'.length);
  const repository = arn.region === scope.region ? view.get(repositories, resourceArn) : undefined;
  if (!repository) throw repositoryNotFound({ name, account: arn.account });
  return repository;
}

export const lookUpImage = (view: View, repository: RepositoryRow, id: ImageIdentifier): Resolved =>
  resolveImage(view, repository.arn, { digest: id.imageDigest, tag: id.imageTag });

export function requireImage(view: View, repository: RepositoryRow, id: ImageIdentifier): ImageRow {
  checkImageId(id);
  const found = lookUpImage(view, repository, id);
  if (found.missing) throw imageNotFound(repository, id);
  return found.image;
}

export const findRegistry = (view: View, scope: Scope): RegistryRow =>
  view.get(registries, scopeKey(scope)) ?? { account: scope.account, region: scope.region };

export const updateRegistry = (tx: Tx, scope: Scope, change: (row: RegistryRow) => RegistryRow): RegistryRow =>
  tx.put(registries, change(findRegistry(tx, scope)));
