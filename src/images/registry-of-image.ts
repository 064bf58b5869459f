/** Whose registry an image is pulled from, when it is one of ours: agents then ask ECR for a token. */
import { awsRegistryOfHost, parseImageName, parseRepositoryPath } from './image-name.ts';

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
