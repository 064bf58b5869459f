/**
 * The name of a registry in repositoryUri and proxyEndpoint: AWS's own where this machine trusts us under it, else the
 * operator's domain, else (undefined) the address at which the client has reached us.
 */
import type { Registry } from '#model/ecr.ts';

export interface RegistryNames {
  hostOf(registry: Registry): string | undefined;
}

/** `domain` may have a port; without one it gets that of the TLS listener, if it is not the usual one. */
export function createRegistryNames(options: {
  readonly domain: string | undefined;
  readonly tlsPort: () => number | undefined;
  readonly trustedHost: (registry: Registry) => string | undefined;
}): RegistryNames {
  const { domain, tlsPort, trustedHost } = options;
  const address = () => {
    const port = tlsPort();
    return domain === undefined || domain.includes(':') || port === undefined || port === 443
      ? domain
      : `${domain}:${port}`;
  };
  return {
    hostOf(registry) {
      const trusted = trustedHost(registry);
      if (trusted !== undefined) return trusted;
      const host = address();
      if (host === undefined) return undefined;
      return registry.kind === 'public' ? `${host}/public.ecr.aws` : `${host}/${registry.account}.${registry.region}`;
    },
  };
}
