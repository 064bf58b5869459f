/** The registry as the composition root starts it: where its bytes are, what it is told, how the listener reaches it. */
import { join } from 'node:path';
import type { Vault } from '#keys/vault.ts';
import type { Clock } from '#lib/clock.ts';
import { hexId } from '#lib/ids.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import { type Registry, startRegistry } from '#registry/supervisor.ts';
import type { Store } from '#store/store.ts';
import type { RegistryConnections } from './http.ts';

export interface RegistrySettings {
  /** Where names without a region are; us-east-1 by default. */
  readonly region?: string;
  /** A push makes the repository that is missing. Off by default, as in ECR. */
  readonly createOnPush?: boolean;
  /** The process starts with the control plane instead of with its first request. */
  readonly eager?: boolean;
}

export interface RegistryRoom extends Registry {
  readonly connections: RegistryConnections;
  /** The APIs answer here from now on. */
  listening(host: string, port: number): void;
}

const onThisMachine = (host: string) => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host);

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
}): RegistryRoom {
  const { dataDir, settings, ...rest } = options;
  const secret = hexId(options.random, 32);
  let api = { host: '127.0.0.1', port: 0 };
  const registry = startRegistry({
    ...rest,
    directory: join(dataDir, 'registry'),
    region: settings.region ?? 'us-east-1',
    createOnPush: settings.createOnPush ?? false,
    logLevel: 'info',
    secret,
    api: () => api,
  });
  return {
    start: registry.start,
    blobs: registry.blobs,
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
