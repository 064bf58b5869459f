/** The registry as the composition root starts it: where its bytes are, what it is told, how the listener reaches it. */
import { join } from 'node:path';
import type { ImageLimits } from '#images/blobs.ts';
import type { UsagePoint } from '#images/usage.ts';
import type { Vault } from '#keys/vault.ts';
import type { Clock } from '#lib/clock.ts';
import { hexId } from '#lib/ids.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { Storage } from '#registry/blob-store/storage.ts';
import type { GarbageSettings } from '#registry/garbage/collector.ts';
import { defaultRecheckMs, type OutboundSettings } from '#registry/outbound.ts';
import type { ReplicationTargets } from '#registry/remote-replication.ts';
import { readSignaturePolicy } from '#registry/signatures/policy.ts';
import { type Registry, startRegistry } from '#registry/supervisor.ts';
import type { Store } from '#store/store.ts';
import { ConfigError } from './config.ts';
import type { RegistryConnections } from './http.ts';

export interface RegistrySettings {
  /** Where names without a region are; us-east-1 by default. */
  readonly region?: string;
  /** File that says whose signatures images need; see registry/signatures. */
  readonly signaturePolicy?: string;
  /** A push makes the repository that is missing. Off by default, as in ECR. */
  readonly createOnPush?: boolean;
  /** Where blobs are; the file system below the data directory by default. */
  readonly storage?: Storage;
  /** When what nobody needs is removed. */
  readonly garbage?: Partial<GarbageSettings>;
  /** The process starts with the control plane instead of with its first request. */
  readonly eager?: boolean;
  /** Other registries: where upstreams of the pull-through cache are, and how they are spoken to. */
  readonly outbound?: Partial<OutboundSettings>;
  /** Registries elsewhere that images are replicated to. */
  readonly replicationTargets?: ReplicationTargets;
}

export interface RegistryRoom extends Registry {
  readonly connections: RegistryConnections;
  /** The APIs answer here from now on. */
  listening(host: string, port: number): void;
}

const onThisMachine = (host: string) => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host);

function checkSignaturePolicy(file: string): void {
  try {
    readSignaturePolicy(file);
  } catch (error) {
    throw new ConfigError(`--signature-policy: ${(error as Error).message}`, { cause: error });
  }
}

/** Who names a target with `http://` means it. */
const plainHostsOf = ({ replicationTargets = {} }: RegistrySettings): string[] =>
  Object.values(replicationTargets)
    .filter((url) => url.startsWith('http://'))
    .map((url) => new URL(url).host);

export function openRegistry(options: {
  readonly dataDir: string;
  readonly rootKey: Buffer;
  readonly auth: 'strict' | 'permissive';
  readonly account: string;
  readonly settings: RegistrySettings;
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly limits: ImageLimits;
  readonly recordUsage: (points: readonly UsagePoint[]) => void;
}): RegistryRoom {
  const { dataDir, settings, ...rest } = options;
  const { signaturePolicy } = settings;
  if (signaturePolicy !== undefined) checkSignaturePolicy(signaturePolicy);
  const secret = hexId(options.random, 32);
  let api = { host: '127.0.0.1', port: 0 };
  const registry = startRegistry({
    ...rest,
    directory: join(dataDir, 'registry'),
    storage: settings.storage ?? { kind: 'fs' },
    ...(settings.garbage && { garbage: settings.garbage }),
    region: settings.region ?? 'us-east-1',
    createOnPush: settings.createOnPush ?? false,
    outbound: { upstreams: {}, recheckMs: defaultRecheckMs, plainHosts: plainHostsOf(settings), ...settings.outbound },
    ...(settings.replicationTargets && { replicationTargets: settings.replicationTargets }),
    ...(signaturePolicy !== undefined && { signaturePolicy }),
    logLevel: 'info',
    secret,
    api: () => api,
  });
  return {
    start: registry.start,
    blobs: registry.blobs,
    replication: registry.replication,
    upstreams: registry.upstreams,
    maintenance: registry.maintenance,
    take: registry.take,
    port: registry.port,
    get pid() {
      return registry.pid;
    },
    close: registry.close,
    connections: { take: registry.take, port: registry.port, secret },
    listening(host, port) {
      api = { host: onThisMachine(host), port };
      if (settings.eager) registry.start();
    },
  };
}
