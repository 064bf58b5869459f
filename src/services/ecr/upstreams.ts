/**
 * Upstreams of pull-through cache rules: AWS's own list, by host, and any other OCI registry by its host name, which is
 * Slipway's addition. https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html
 */

import { invalidAt, unsupportedUpstream } from '#images/api/errors.ts';
import { checkLength, checkOneOf, checkPattern } from '#images/api/validate.ts';
import type { Scope } from '#model/arn.ts';
import { type UpstreamRegistry, upstreamRegistries } from '#model/ecr-registry.ts';
import { ServiceError } from '#protocol/service.ts';
import type { View } from '#store/store.ts';
import { roles } from '#store/tables/iam.ts';
import { secrets } from '#store/tables/secrets.ts';

const hosts: readonly (readonly [RegExp, UpstreamRegistry])[] = [
  [/^\d{12}\.dkr\.ecr(-fips)?\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/, 'ecr'],
  [/^public\.ecr\.aws$/, 'ecr-public'],
  [/^quay\.io$/, 'quay'],
  [/^registry\.k8s\.io$/, 'k8s'],
  [/^registry-1\.docker\.io$/, 'docker-hub'],
  [/^ghcr\.io$/, 'github-container-registry'],
  [/^[a-z0-9]+\.azurecr\.(io|us|cn)$/, 'azure-container-registry'],
  [/^registry\.gitlab\.com$/, 'gitlab-container-registry'],
  [/^cgr\.dev$/, 'chainguard'],
];
const anyHost = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::\d{1,5})?$/;

export interface Upstream {
  readonly upstreamRegistryUrl: string;
  readonly upstreamRegistry?: UpstreamRegistry;
}

export function checkUpstream(url: string, registry: string | undefined): Upstream {
  const host = url
    .toLowerCase()
    .replace(/^https:\/\//, '')
    .replace(/\/$/, '');
  const known = hosts.find(([pattern]) => pattern.test(host))?.[1];
  if (!known && !anyHost.test(host)) throw unsupportedUpstream(`The upstream registry URL '${url}' is not supported`);
  const named = registry === undefined ? known : checkOneOf('upstreamRegistry', registry, upstreamRegistries);
  if (named !== known) {
    throw unsupportedUpstream(`The upstream registry '${registry}' does not have the URL '${url}'`);
  }
  return { upstreamRegistryUrl: host, ...(known && { upstreamRegistry: known }) };
}

const prefixPattern = String.raw`^([a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\/?|ROOT)$`;

/** Without the slash at its end. */
export function checkPrefix(parameter: string, prefix: string, most: number): string {
  checkLength(parameter, prefix, prefix === 'ROOT' ? 1 : 2, most);
  checkPattern(parameter, prefix, prefixPattern);
  return prefix.replace(/\/$/, '');
}

const secretArn = 'arn:aws(-[a-z]+)*:secretsmanager:[a-zA-Z0-9-:]+:secret:ecr-pullthroughcache/[a-zA-Z0-9/_+=.@-]+';

/** A secret of the registry's own account and region; what it holds is read when it is used. */
export function checkCredential(view: View, scope: Scope, credentialArn: string): string {
  checkLength('credentialArn', credentialArn, 50, 612);
  checkPattern('credentialArn', credentialArn, secretArn);
  const secret = view.get(secrets, credentialArn) ?? withoutSuffix(view, credentialArn);
  if (secret?.account !== scope.account || secret.region !== scope.region || secret.deletionAt !== undefined) {
    throw new ServiceError('SecretNotFoundException', `The secret with ARN '${credentialArn}' does not exist`);
  }
  return credentialArn;
}

/** An ARN without the six characters at its end names the secret too. */
function withoutSuffix(view: View, arn: string) {
  const [, , , region, account, , name] = arn.split(':');
  return [...view.find(secrets, 'byName', `${account}/${region}/${name}`)][0];
}

export function checkRole(view: View, scope: Scope, customRoleArn: string): string {
  checkPattern('customRoleArn', customRoleArn, 'arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[\\w+=,.@/-]{1,512}');
  if (view.get(roles, customRoleArn)?.account !== scope.account) {
    throw invalidAt('customRoleArn', 'The role does not exist in the account of the registry');
  }
  return customRoleArn;
}
