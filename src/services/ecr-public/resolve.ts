/** From what a client writes to rows. */
import { invalidAt, repositoryNotFound } from '#images/api/errors.ts';
import { checkRegistryId, checkRepositoryName } from '#images/api/validate.ts';
import { publicRegistry } from '#images/image-name.ts';
import { findRepository } from '#images/repositories.ts';
import { parseArn } from '#model/arn.ts';
import type { Registry, RepositoryRow } from '#model/ecr.ts';
import type { View } from '#store/store.ts';
import { repositories } from '#store/tables/ecr.ts';

type Caller = { readonly account: string };

export const registryOf = (caller: Caller, registryId?: string): Registry =>
  publicRegistry(checkRegistryId(registryId) ?? caller.account);

export function requireRepository(
  view: View,
  caller: Caller,
  input: { readonly registryId?: string | undefined; readonly repositoryName?: string | undefined },
): RepositoryRow {
  const registry = registryOf(caller, input.registryId);
  const name = checkRepositoryName(input.repositoryName!);
  const repository = findRepository(view, registry, name);
  if (!repository) throw repositoryNotFound({ name, account: registry.account });
  return repository;
}

export function requireRepositoryOfArn(view: View, resourceArn: string): RepositoryRow {
  const arn = parseArn(resourceArn);
  if (arn?.service !== 'ecr-public' || !arn.resource.startsWith('repository/')) {
    throw invalidAt('resourceArn', 'Invalid ARN');
  }
  const repository = view.get(repositories, resourceArn);
  if (!repository) throw repositoryNotFound({ name: arn.resource.slice('repository/'.length), account: arn.account });
  return repository;
}
