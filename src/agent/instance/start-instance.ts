/** This machine as an instance: its role's credentials, and the metadata service that hands them out. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { CredentialProvider } from '../link/signing.ts';
import type { InstanceIdentity } from './instance-identity.ts';
import { createInstanceRole } from './instance-role.ts';
import { serveInstanceMetadata } from './metadata-service.ts';
import { identityDocument } from './metadata-tree.ts';
import type { SlipwayTarget } from './slipway-call.ts';

export interface InstanceOptions {
  readonly target: SlipwayTarget;
  readonly identity: InstanceIdentity;
  /** The port of the metadata service is remembered here. */
  readonly dataDirectory: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface Instance {
  readonly credentials: CredentialProvider;
  readonly identityDocument: () => Promise<string>;
  /** `http://127.0.0.1:51680`: AWS_EC2_METADATA_SERVICE_ENDPOINT for clients on this machine. */
  readonly metadataEndpoint: string;
  close(): Promise<void>;
}

const usualPort = 51_680;

async function rememberedPort(file: string): Promise<number[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const port = Number(text);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? [port] : [];
}

export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const { dataDirectory, logger } = options;
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  const role = createInstanceRole(options);
  const file = join(dataDirectory, 'instance-metadata-port');
  const service = await serveInstanceMetadata({ ...options, facts: role.facts }, [
    ...(await rememberedPort(file)),
    usualPort,
    0,
  ]);
  await writeFile(file, String(service.port), { mode: 0o600 });
  const metadataEndpoint = `http://127.0.0.1:${service.port}`;
  logger.info('instance metadata service', { instanceId: options.identity.instanceId, metadataEndpoint });
  return {
    credentials: role.provider,
    identityDocument: async () => identityDocument(await role.facts()),
    metadataEndpoint,
    async close() {
      role.close();
      await service.close();
    },
  };
}
