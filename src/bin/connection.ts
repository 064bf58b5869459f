/** How a command reaches the control plane of a data directory: its address, and the administrator's key. */
import type { ECSClient } from '@aws-sdk/client-ecs';
import { ConfigError, dataDirectory } from '#control-plane/config.ts';
import { readCredentials, type SavedCredentials } from '#control-plane/up/data-directory.ts';

export interface Connection extends SavedCredentials {
  readonly dataDir: string;
}

/** Throws ConfigError when nothing was ever started on the directory. */
export function findConnection(options: { readonly data?: string }): Connection {
  const dataDir = dataDirectory(options.data);
  const credentials = readCredentials(dataDir);
  if (!credentials) {
    throw new ConfigError(
      `no Slipway has been started on ${dataDir} yet. Start one with \`npm start\` or \`slipway up\`, or say where it is with --data.`,
    );
  }
  return { ...credentials, dataDir };
}

export interface ClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts: number;
}

export function clientConfig({ endpoint, region, accessKeyId, secretAccessKey }: Connection): ClientConfig {
  return { endpoint, region, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 2 };
}

/** Runs `work` with a client and ends its connections. */
export async function withEcs<T>(connection: Connection, work: (ecs: ECSClient) => Promise<T>): Promise<T> {
  const { ECSClient } = await import('@aws-sdk/client-ecs');
  const ecs = new ECSClient(clientConfig(connection));
  try {
    return await work(ecs);
  } finally {
    ecs.destroy();
  }
}

/** All of a paginated list. */
export async function collect<T>(
  pages: AsyncIterable<T>,
  itemsOf: (page: T) => readonly string[] | undefined,
): Promise<string[]> {
  const out: string[] = [];
  for await (const page of pages) out.push(...(itemsOf(page) ?? []));
  return out;
}

/** Describe calls take a limited number of names each. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  const out: T[][] = [];
  for (let at = 0; at < items.length; at += size) out.push(items.slice(at, at + size));
  return out;
}
