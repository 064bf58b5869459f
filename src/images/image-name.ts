/**
 * What the names of images mean: AWS's hosts, and the forms in which Slipway's own address carries account and region.
 *
 *   <account>.dkr.ecr.<region>.amazonaws.com/<name>     private; also dkr-ecr.<region>.on.aws, -fips, .com.cn
 *   public.ecr.aws/<alias>/<name>                       public
 *   HOST/<account>.<region>/<name>                      private, at any address of ours
 *   HOST/<either of AWS's forms above>                  the same as that form
 *   HOST/<name>                                         private, in the account and region of who asks
 *
 * Pure. https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
 */
import { publicRegion, type Registry } from '#model/ecr.ts';
import { isDigest } from './digest.ts';

export type RepositoryAddress =
  | { readonly kind: 'private'; readonly account: string; readonly region: string; readonly name: string }
  | { readonly kind: 'public'; readonly alias: string; readonly name: string }
  /** In the registry of the caller. */
  | { readonly kind: 'implied'; readonly name: string };

const privateHost =
  /^(\d{12})\.dkr(?:\.ecr(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com(?:\.cn)?|-ecr(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d)\.on\.(?:aws|amazonwebservices\.com\.cn))$/;
const accountAndRegion = /^(\d{12})\.([a-z]{2}(?:-[a-z]+)+-\d)$/;
const publicHosts: readonly string[] = ['public.ecr.aws', 'ecr-public.aws.com'];

/** The registry that one of AWS's host names means, port and case left aside. */
export function awsRegistryOfHost(host: string): Registry | 'public' | undefined {
  const name = host.toLowerCase().replace(/:\d+$/, '');
  if (publicHosts.includes(name)) return 'public';
  const [, account, region, dualStackRegion] = privateHost.exec(name) ?? [];
  return account === undefined ? undefined : { kind: 'private', account, region: region ?? dualStackRegion! };
}

function splitFirst(path: string): readonly [string, string] | undefined {
  const slash = path.indexOf('/');
  return slash <= 0 || slash === path.length - 1 ? undefined : [path.slice(0, slash), path.slice(slash + 1)];
}

function inRegistry(registry: Registry | 'public', path: string): RepositoryAddress | undefined {
  if (registry !== 'public') {
    return { kind: 'private', account: registry.account, region: registry.region, name: path };
  }
  const parts = splitFirst(path);
  return parts && { kind: 'public', alias: parts[0], name: parts[1] };
}

/**
 * Which repository a path means (`<name>` of `/v2/<name>/…`) that was asked for at `host`, an address of ours. Undefined
 * for `public.ecr.aws` without an alias. The name is not checked.
 */
export function parseRepositoryPath(host: string | undefined, path: string): RepositoryAddress | undefined {
  const named = host === undefined ? undefined : awsRegistryOfHost(host);
  if (named) return inRegistry(named, path);
  const parts = splitFirst(path);
  if (!parts) return { kind: 'implied', name: path };
  const [first, rest] = parts;
  const embedded = awsRegistryOfHost(first);
  if (embedded) return inRegistry(embedded, rest);
  const [, account, region] = accountAndRegion.exec(first) ?? [];
  return account === undefined
    ? { kind: 'implied', name: path }
    : { kind: 'private', account, region: region!, name: rest };
}

export interface ImageName {
  /** `localhost:4566`, `quay.io`; absent for names of Docker Hub such as `nginx`. */
  readonly host?: string;
  /** Everything between host and tag. */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** `[host/]path[:tag][@digest]`, split as Docker does; undefined when it is none. */
export function parseImageName(text: string): ImageName | undefined {
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) return undefined;
  const name = at < 0 ? text : text.slice(0, at);
  const colon = name.lastIndexOf(':');
  const isTag = colon > name.lastIndexOf('/');
  const tag = isTag ? name.slice(colon + 1) : undefined;
  if (tag !== undefined && !isTagName(tag)) return undefined;
  const rest = isTag ? name.slice(0, colon) : name;
  const slash = rest.indexOf('/');
  const first = slash < 0 ? '' : rest.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost';
  const path = isHost ? rest.slice(slash + 1) : rest;
  if (path === '' || !/^[a-z0-9._/-]+$/.test(path)) return undefined;
  return {
    ...(isHost && { host: first }),
    path,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
}

const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
export const isTagName = (text: string): boolean => tagPattern.test(text);

const namePattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
export const isRepositoryName = (text: string): boolean =>
  text.length >= 2 && text.length <= 256 && namePattern.test(text);

export const privateRegistry = (scope: { readonly account: string; readonly region: string }): Registry => ({
  kind: 'private',
  account: scope.account,
  region: scope.region,
});

export const publicRegistry = (account: string): Registry => ({ kind: 'public', account, region: publicRegion });
