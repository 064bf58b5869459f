/** Images as people write them on the command line: `app:v1`, `HOST/<account>.<region>/app:v1`, AWS's names, `…@sha256:…`. */
import { ConfigError } from '#control-plane/config.ts';
import { parseImageName, parseRepositoryPath } from '#images/image-name.ts';

export interface ImageArgument {
  readonly repositoryName: string;
  readonly imageId: { readonly imageTag: string } | { readonly imageDigest: string };
  /** Absent: those of whoever asks. */
  readonly account?: string;
  readonly region?: string;
}

export function parseImageArgument(text: string): ImageArgument {
  const name = parseImageName(text);
  if (!name) throw new ConfigError(`"${text}" is not the name of an image`);
  const { host, path } = name;
  // What looks like a host may be the account and region that stand before a repository.
  const whole = host === undefined ? undefined : parseRepositoryPath(undefined, `${host}/${path}`);
  const address = whole && whole.kind !== 'implied' ? whole : parseRepositoryPath(host, path);
  if (!address || address.kind === 'public') {
    throw new ConfigError(`"${text}" is not an image of a private registry`);
  }
  const imageId = name.digest === undefined ? { imageTag: name.tag ?? 'latest' } : { imageDigest: name.digest };
  if (address.kind === 'implied') return { repositoryName: address.name, imageId };
  return { repositoryName: address.name, imageId, account: address.account, region: address.region };
}
