/**
 * The task metadata endpoint, documents about themselves for containers, and beside it the API endpoint: on 169.254.170.2
 * where this can be arranged, else on the bridge's gateway and the loopback address. Containers learn where by their
 * environment; that environment never changes in a running container, so the ports are kept over restarts of the agent.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import { type ApiEndpoint, startApiEndpoint, usualApiPort } from '../api-endpoint/api-endpoint.ts';
import type { ContainerEnvironment, ContainerView, TaskView } from '../task-engine/running-tasks.ts';
import { type AuditLog, openAuditLog } from './audit-log.ts';
import {
  answersAsAgent,
  claimLinkLocal,
  LINK_LOCAL_ADDRESS,
  LINK_LOCAL_API_PORT,
  type RunCommand,
} from './link-local.ts';
import { createMetadataRoutes, type MetadataRoutesDeps } from './metadata-routes.ts';
import { type MetadataServer, startMetadataServer } from './metadata-server.ts';

/** What ECS's agent uses. */
const USUAL_PORT = 51_679;

export interface TaskMetadataOptions {
  /** The port is remembered here, and `audit.log` written. */
  readonly dataDirectory: string;
  /** Another place for the audit log. */
  readonly auditLogFile?: string;
  /** Without one, bridge containers cannot reach the endpoint. */
  readonly bridgeGateway?: string;
  /** The control plane, when containers are to reach it through the agent. */
  readonly api?: { readonly endpoint: string; readonly region: string };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly run: RunCommand;
}

export interface TaskMetadata extends ContainerEnvironment {
  readonly port: number;
  /** 169.254.170.2 leads here. */
  readonly isLinkLocal: boolean;
  serve(deps: Omit<MetadataRoutesDeps, 'audit'>): Promise<void>;
  close(): Promise<void>;
}

async function rememberedPort(path: string): Promise<number[]> {
  try {
    const port = Number(await readFile(path, 'utf8'));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? [port] : [];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function listen(options: TaskMetadataOptions, ports: readonly number[]) {
  const { bridgeGateway, clock, logger } = options;
  const start = (addresses: readonly string[]) => startMetadataServer({ addresses, ports, clock, logger });
  if (!bridgeGateway) return { server: await start(['127.0.0.1']) };
  try {
    return { server: await start(['127.0.0.1', bridgeGateway]), gateway: bridgeGateway };
  } catch (error) {
    logger.warn('the bridge gateway is not an address of this machine; bridge containers get no metadata', { error });
    return { server: await start(['127.0.0.1']) };
  }
}

async function startApi(
  options: TaskMetadataOptions,
  addresses: readonly string[],
  gateway: string | undefined,
): Promise<ApiEndpoint | undefined> {
  const { api, clock, logger } = options;
  if (!api) return undefined;
  const portFile = join(options.dataDirectory, 'api-port');
  const ports = [...(await rememberedPort(portFile)), usualApiPort, 0];
  const started = await startApiEndpoint({
    endpoint: api.endpoint,
    addresses,
    ports,
    ...(gateway ? { gateway } : {}),
    clock,
    logger,
  });
  await writeFile(portFile, String(started.port), { mode: 0o600 });
  return started;
}

export async function startTaskMetadata(options: TaskMetadataOptions): Promise<TaskMetadata> {
  const { logger } = options;
  const portFile = join(options.dataDirectory, 'metadata-port');
  const { server, gateway } = await listen(options, [...(await rememberedPort(portFile)), USUAL_PORT, 0]);
  const { port } = server;
  await writeFile(portFile, String(port), { mode: 0o600 });
  const api = await startApi(options, gateway ? ['127.0.0.1', gateway] : ['127.0.0.1'], gateway);
  const refused = await claimLinkLocal({
    ...(gateway ? { gateway } : {}),
    port,
    ...(api ? { apiPort: api.port } : {}),
    run: options.run,
    isAlive: answersAsAgent,
  });
  if (refused) logger.info(`${LINK_LOCAL_ADDRESS} is not used for task metadata`, { reason: refused, port });
  const isLinkLocal = refused === undefined;

  const address = (task: TaskView) => (task.networkMode === 'host' ? '127.0.0.1' : (gateway ?? '127.0.0.1'));
  const base = (task: TaskView) => (isLinkLocal ? `http://${LINK_LOCAL_ADDRESS}` : `http://${address(task)}:${port}`);
  /** Clients put 169.254.170.2 before a relative URI; where that does not lead here, they must be told the whole of it. */
  const credentialsVariables = (task: TaskView): Record<string, string> => {
    if (!task.roleCredentialsId) return {};
    const path = `/v2/credentials/${task.roleCredentialsId}`;
    return isLinkLocal
      ? { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path }
      : { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${base(task)}${path}` };
  };
  const apiVariables = (task: TaskView): Record<string, string> => {
    if (!api || !options.api || task.networkMode === 'none') return {};
    const { region } = options.api;
    const at = isLinkLocal ? `${LINK_LOCAL_ADDRESS}:${LINK_LOCAL_API_PORT}` : `${address(task)}:${api.port}`;
    return { AWS_ENDPOINT_URL: `http://${at}`, AWS_REGION: region, AWS_DEFAULT_REGION: region };
  };
  let audit: AuditLog | undefined;
  return {
    port,
    isLinkLocal,
    environmentFor: (task: TaskView, container: ContainerView) => ({
      ECS_CONTAINER_METADATA_URI: `${base(task)}/v3/${container.metadataId}`,
      ECS_CONTAINER_METADATA_URI_V4: `${base(task)}/v4/${container.metadataId}`,
      ECS_AGENT_URI: `${base(task)}/api/${container.metadataId}`,
      AWS_EXECUTION_ENV: 'AWS_ECS_EC2',
      ...apiVariables(task),
      ...credentialsVariables(task),
    }),
    async serve(deps) {
      const { cluster, containerInstanceArn } = deps;
      const file = options.auditLogFile ?? join(options.dataDirectory, 'audit.log');
      audit = await openAuditLog({ file, cluster, containerInstanceArn, clock: options.clock, logger });
      api?.serve(deps.tasks);
      server.serve(createMetadataRoutes({ ...deps, audit }));
    },
    async close() {
      await (server as MetadataServer).close();
      await api?.close();
      await audit?.close();
    },
  };
}
