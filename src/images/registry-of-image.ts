/** Whose registry an image is pulled from, when it is one of ours: agents then ask ECR for a token. */
import { type Scope, scopeKey } from '#model/arn.ts';
import { publicRegion, registryKey } from '#model/ecr.ts';
import type { View } from '#store/store.ts';
import { publicRegistries, registries, repositories } from '#store/tables/ecr.ts';
import { accounts } from '#store/tables/iam.ts';
import { awsRegistryOfHost, parseImageName, parseRepositoryPath, privateRegistry } from './image-name.ts';

export interface ImageRegistry {
  readonly account: string;
  readonly region: string;
}

/** Private registries only; public ones need no token. `HOST/<account>.<region>/<name>` is ours whatever the host. */
export function registryOfImage(image: string): ImageRegistry | undefined {
  const name = parseImageName(image);
  if (!name?.host) return undefined;
  if (awsRegistryOfHost(name.host) === 'public') return undefined;
  const address = parseRepositoryPath(name.host, name.path);
  return address?.kind === 'private' ? { account: address.account, region: address.region } : undefined;
}

export interface HeldRegistry extends ImageRegistry {
  /** Anybody may pull from it. */
  readonly isPublic: boolean;
}

/** Accounts with made-up keys have no row; what they have made is here all the same. */
const holds = (view: View, registry: Scope): boolean =>
  view.get(accounts, registry.account) !== undefined ||
  view.get(registries, scopeKey(registry)) !== undefined ||
  !view
    .find(repositories, 'byRegistry', registryKey(privateRegistry(registry)))
    [Symbol.iterator]()
    .next().done;

/**
 * The registry of an image that a task of `scope` names, when it is one that we hold. AWS's names of accounts that we do not
 * hold are AWS's. `isOwnHost`: names and addresses of ours, port included.
 */
export function heldRegistryOfImage(
  view: View,
  image: string,
  scope: Scope,
  isOwnHost: (host: string) => boolean,
): HeldRegistry | undefined {
  const name = parseImageName(image);
  if (!name?.host) return undefined;
  const address = parseRepositoryPath(name.host, name.path);
  switch (address?.kind) {
    case undefined:
      return undefined;
    case 'private': {
      const { account, region } = address;
      return holds(view, { account, region }) ? { account, region, isPublic: false } : undefined;
    }
    case 'public': {
      for (const { account } of view.find(publicRegistries, 'byAlias', address.alias)) {
        return { account, region: publicRegion, isPublic: true };
      }
      return undefined;
    }
    case 'implied': {
      const { account, region } = scope;
      return isOwnHost(name.host) ? { account, region, isPublic: false } : undefined;
    }
  }
}
