/** A whole control plane for one test: real HTTP on a free port, the real SQLite journal in a directory of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECRPUBLICClient } from '@aws-sdk/client-ecr-public';
import { ECSClient } from '@aws-sdk/client-ecs';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from '#control-plane/start.ts';

export interface ClientOptions {
  readonly region?: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** 1 by default: a test sees the first answer. */
  readonly maxAttempts?: number;
}

export interface TestControlPlane extends ControlPlane {
  readonly dataDir: string;
  readonly account: string;
  /** What every client here is made with unless told otherwise. */
  clientConfig(options?: ClientOptions): {
    endpoint: string;
    region: string;
    maxAttempts: number;
    credentials: NonNullable<ClientOptions['credentials']>;
  };
  ecr(options?: ClientOptions): ECRClient;
  ecrPublic(options?: ClientOptions): ECRPUBLICClient;
  ecs(options?: ClientOptions): ECSClient;
  sts(options?: ClientOptions): STSClient;
  iam(options?: ClientOptions): IAMClient;
  logs(options?: ClientOptions): CloudWatchLogsClient;
  kms(options?: ClientOptions): KMSClient;
  ssm(options?: ClientOptions): SSMClient;
  secretsManager(options?: ClientOptions): SecretsManagerClient;
}

export const testAccount = '123456789012';
export const testRegion = 'us-east-1';

export async function startTestControlPlane(options: Partial<ControlPlaneOptions> = {}): Promise<TestControlPlane> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'slipway-test-')));
  const controlPlane = await startControlPlane({
    host: '127.0.0.1',
    port: 0,
    auth: 'strict',
    ...(options.auth !== 'permissive' && { account: testAccount }),
    ...options,
    dataDir,
  });
  const { administrator } = controlPlane;
  const clients: { destroy(): void }[] = [];
  const keep = <C extends { destroy(): void }>(client: C): C => {
    clients.push(client);
    return client;
  };
  const clientConfig: TestControlPlane['clientConfig'] = (client = {}) => ({
    endpoint: controlPlane.endpoint,
    region: client.region ?? testRegion,
    maxAttempts: client.maxAttempts ?? 1,
    credentials: client.credentials ?? {
      accessKeyId: administrator.accessKeyId,
      secretAccessKey: administrator.secretAccessKey,
    },
  });
  return {
    ...controlPlane,
    dataDir,
    account: administrator.account,
    clientConfig,
    ecr: (client) => keep(new ECRClient(clientConfig(client))),
    ecrPublic: (client) => keep(new ECRPUBLICClient(clientConfig(client))),
    ecs: (client) => keep(new ECSClient(clientConfig(client))),
    sts: (client) => keep(new STSClient(clientConfig(client))),
    iam: (client) => keep(new IAMClient(clientConfig(client))),
    logs: (client) => keep(new CloudWatchLogsClient(clientConfig(client))),
    kms: (client) => keep(new KMSClient(clientConfig(client))),
    ssm: (client) => keep(new SSMClient(clientConfig(client))),
    secretsManager: (client) => keep(new SecretsManagerClient(clientConfig(client))),
    async close() {
      for (const client of clients) client.destroy();
      await controlPlane.close();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
