import { DiscoverPollEndpointCommand, type ECSClient } from '@aws-sdk/client-ecs';
import type { Clock } from '#lib/clock.ts';

export interface PollEndpoints {
  /** ACS and TCS base addresses. One answer serves both for 12 hours, unless `forget` is called. */
  get(): Promise<{ readonly acs: string; readonly tcs: string }>;
  /** A connection there failed: ask anew next time. */
  forget(): void;
}

const lifeMs = 12 * 3_600_000;

export function createPollEndpoints(options: {
  readonly ecs: ECSClient;
  readonly clock: Clock;
  readonly cluster: string;
  readonly containerInstance: string;
}): PollEndpoints {
  let known: { readonly acs: string; readonly tcs: string; readonly untilMs: number } | undefined;
  return {
    async get() {
      if (known && options.clock.now() < known.untilMs) return known;
      const { cluster, containerInstance } = options;
      const answer = await options.ecs.send(new DiscoverPollEndpointCommand({ cluster, containerInstance }));
      if (!answer.endpoint || !answer.telemetryEndpoint) throw new Error('DiscoverPollEndpoint answered no endpoint');
      known = { acs: answer.endpoint, tcs: answer.telemetryEndpoint, untilMs: options.clock.now() + lifeMs };
      return known;
    },
    forget() {
      known = undefined;
    },
  };
}

/** `https://host/path/` → `wss://host/path/ws?…`, with spaces as `%20`. */
export function sessionUrl(base: string, query: Readonly<Record<string, string>>): URL {
  const url = new URL(`${base.replace(/\/?$/, '/')}ws`.replace(/^http/, 'ws'));
  url.search = Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  return url;
}
