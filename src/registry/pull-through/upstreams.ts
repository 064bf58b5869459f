/**
 * Clients of upstreams, each for one repository behind one rule, kept for a while so that their tokens serve many requests.
 *
 * Where an upstream is: at the URL that the operator has given for it (a mirror, another Slipway), in this very registry
 * when its account is held here, else at its own host with TLS.
 */

import type { UpstreamRepository } from '#images/upstream-rules.ts';
import type { Clock } from '#lib/clock.ts';
import type { PullThroughCacheRuleRow } from '#model/ecr-registry.ts';
import { type HttpClient, isLoopbackHost } from '../client/http.ts';
import { RegistryClient } from '../client/registry-client.ts';
import { UpstreamError } from '../client/upstream-error.ts';
import type { Remote } from '../process/rpc.ts';
import type { UpstreamControl } from '../upstream-control.ts';

/** Longer: new credentials in a secret act later; shorter: more tokens are asked for. */
const keepMs = 5 * 60_000;
const maxKept = 1_000;

export interface Upstreams {
  /** Rejects with UpstreamError `denied` when the rule's credentials cannot be had. */
  client(upstream: UpstreamRepository): Promise<RegistryClient>;
  /** Its credentials were refused: the next client is made with those that there are by then. */
  forget(upstream: UpstreamRepository): void;
  /** Throws what is wrong with reaching the upstream of a rule. */
  check(rule: PullThroughCacheRuleRow): Promise<void>;
}

/** URLs by the API's name of an upstream, or by its host. */
export type UpstreamOverrides = Readonly<Record<string, string>>;

export function baseOf(
  rule: Pick<PullThroughCacheRuleRow, 'upstreamRegistry' | 'upstreamRegistryUrl'>,
  overrides: UpstreamOverrides,
): { readonly url: URL; readonly isOverride: boolean } {
  const host = rule.upstreamRegistryUrl;
  const override =
    overrides[host] ?? (rule.upstreamRegistry === undefined ? undefined : overrides[rule.upstreamRegistry]);
  if (override !== undefined) return { url: new URL(override), isOverride: true };
  const name = host.replace(/:\d+$/, '');
  return { url: new URL(`${isLoopbackHost(name) ? 'http' : 'https'}://${host}`), isOverride: false };
}

export function createUpstreams(deps: {
  readonly control: Remote<UpstreamControl>;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly overrides: UpstreamOverrides;
  /** Where this very registry answers on this machine. */
  readonly ownPort: () => number;
}): Upstreams {
  const { control, http, clock, overrides, ownPort } = deps;
  const kept = new Map<string, { readonly client: Promise<RegistryClient>; readonly until: number }>();

  const make = async ({ rule, name }: UpstreamRepository): Promise<RegistryClient> => {
    const access = await control.upstreamAccess({ ruleKey: rule.key, repository: name });
    if ('refused' in access) throw new UpstreamError('denied', access.refused);
    const { url, isOverride } = baseOf(rule, overrides);
    const { credentials, ownPath } = access;
    const isOwn = ownPath !== undefined && !isOverride;
    const base = isOwn ? new URL(`http://127.0.0.1:${ownPort()}/${ownPath}`) : url;
    return new RegistryClient({ base, repository: name, credentials, http, clock });
  };

  const keyOf = ({ rule, name }: UpstreamRepository) => `${rule.key} ${rule.updatedAt} ${name}`;

  return {
    forget: (upstream) => void kept.delete(keyOf(upstream)),
    client(upstream) {
      const key = keyOf(upstream);
      const found = kept.get(key);
      const now = clock.now();
      if (found && found.until > now) return found.client;
      const client = make(upstream);
      if (kept.size >= maxKept) kept.clear();
      kept.set(key, { client, until: now + keepMs });
      client.catch(() => kept.delete(key));
      return client;
    },
    async check(rule) {
      const client = await make({ rule, name: 'library/alpine' });
      await client.ping();
    },
  };
}
