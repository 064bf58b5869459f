/** What the registry process does at other registries: fetches for the pull-through cache, pushes for replication. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PushAwayJob, PushAwayResult } from '#images/replication/remote.ts';
import type { UpstreamFailure } from '#images/upstream-gateway.ts';
import { findUpstream } from '#images/upstream-rules.ts';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import { type Registry, repositoryArn } from '#model/ecr.ts';
import type { ReplicaView } from '#store/replica-view.ts';
import { pullThroughCacheRules } from '#store/tables/ecr.ts';
import type { BlobStore } from './blob-store/blob-store.ts';
import { createHttpClient } from './client/http.ts';
import { UpstreamError } from './client/upstream-error.ts';
import type { RegistryControl } from './control.ts';
import type { Remote } from './process/rpc.ts';
import { PullThrough } from './pull-through/pull-through.ts';
import { createUpstreams, type UpstreamOverrides } from './pull-through/upstreams.ts';
import { pushAway } from './push-away.ts';
import type { UpstreamControl } from './upstream-control.ts';

/** What the operator says about other registries; part of what the process is started with. */
export interface OutboundSettings {
  readonly upstreams: UpstreamOverrides;
  /** How old a cached tag may be that is served without comparing it with the upstream. */
  readonly recheckMs: number;
  /** PEM of further certificate authorities. */
  readonly ca?: string;
  /** `host[:port]` of registries that may be spoken to without TLS. */
  readonly plainHosts: readonly string[];
}

export const defaultRecheckMs = 24 * 3_600_000;

export interface Outbound {
  readonly pullThrough: PullThrough;
  readonly handlers: OutboundHandlers;
  close(): void;
}

export interface ImportInput {
  readonly registry: Registry;
  readonly name: string;
  readonly reference: string;
  readonly revision: number;
}

export type OutboundHandlers = {
  /** Why the upstream of a rule cannot be used; nothing when it can. */
  readonly checkUpstream: (input: {
    readonly ruleKey: string;
    readonly revision: number;
  }) => Promise<{ readonly failure?: string }>;
  readonly importImage: (input: ImportInput) => Promise<{ readonly failed?: UpstreamFailure }>;
  readonly pushAway: (input: PushAwayJob) => Promise<PushAwayResult>;
};

export async function createOutbound(deps: {
  readonly settings: OutboundSettings;
  readonly directory: string;
  readonly view: ReplicaView;
  readonly blobs: BlobStore;
  /** Asked at use: the channel is opened with our handlers. */
  readonly control: () => Remote<UpstreamControl & Pick<RegistryControl, 'linkBlob'>>;
  readonly ownPort: () => number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}): Promise<Outbound> {
  const { settings, view, blobs, clock, random, logger, ownPort } = deps;
  const directory = join(deps.directory, 'downloads');
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const overridden = Object.values(settings.upstreams).map((url) => new URL(url).host);
  const http = createHttpClient({
    ca: settings.ca,
    plainHosts: new Set([...settings.plainHosts, ...overridden]),
    userAgent: 'slipway',
  });
  const control = new Proxy({} as Remote<UpstreamControl & Pick<RegistryControl, 'linkBlob'>>, {
    get: (_, name) => (deps.control() as unknown as Record<string | symbol, unknown>)[name],
  });
  const upstreams = createUpstreams({ control, http, clock, overrides: settings.upstreams, ownPort });
  const pullThrough = new PullThrough({
    view,
    blobs,
    control,
    upstreams,
    clock,
    random,
    logger,
    recheckMs: settings.recheckMs,
    directory,
  });
  return {
    pullThrough,
    handlers: {
      async checkUpstream({ ruleKey, revision }) {
        await view.until(revision);
        const rule = view.get(pullThroughCacheRules, ruleKey);
        if (!rule) return { failure: 'there is no such rule' };
        try {
          await upstreams.check(rule);
          return {};
        } catch (error) {
          if (error instanceof UpstreamError) return { failure: error.message };
          throw error;
        }
      },
      async importImage({ registry, name, reference, revision }) {
        await view.until(revision);
        const upstream = findUpstream(view, registry, name);
        if (!upstream) return { failed: { problem: 'not found', message: 'there is no such rule' } };
        const cached = { registry, name, arn: repositoryArn(registry, name), upstream };
        try {
          await pullThrough.bring(cached, reference);
          return {};
        } catch (error) {
          if (!(error instanceof UpstreamError)) throw error;
          return { failed: { problem: error.problem, message: error.message } };
        }
      },
      pushAway: async (job) => {
        await view.until(job.revision);
        return pushAway({ view, blobs, http, clock, logger }, job);
      },
    },
    close: () => http.close(),
  };
}
