/**
 * The task metadata endpoint: documents about themselves for containers, on 169.254.170.2 where this can be arranged,
 * else on the bridge's gateway and the loopback address. Containers learn where by their environment; that environment
 * never changes in a running container, so the port is kept over restarts of the agent.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { ContainerEnvironment, ContainerView, TaskView } from '../task-engine/running-tasks.ts';
import { answersAsAgent, claimLinkLocal, LINK_LOCAL_ADDRESS, type RunCommand } from './link-local.ts';
import { createMetadataRoutes, type MetadataRoutesDeps } from './metadata-routes.ts';
import { type MetadataServer, startMetadataServer } from './metadata-server.ts';

/** What ECS's agent uses. */
const USUAL_PORT = 51_679;

export interface TaskMetadataOptions {
  /** The port is remembered here. */
  readonly dataDirectory: string;
  /** Without one, bridge containers cannot reach the endpoint. */
  readonly bridgeGateway?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly run: RunCommand;
}

export interface TaskMetadata extends ContainerEnvironment {
  readonly port: number;
  /** 169.254.170.2 leads here. */
  readonly isLinkLocal: boolean;
  serve(deps: MetadataRoutesDeps): void;
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

export async function startTaskMetadata(options: TaskMetadataOptions): Promise<TaskMetadata> {
  const { logger } = options;
  const portFile = join(options.dataDirectory, 'metadata-port');
  const { server, gateway } = await listen(options, [...(await rememberedPort(portFile)), USUAL_PORT, 0]);
  const { port } = server;
  await writeFile(portFile, String(port), { mode: 0o600 });
  const refused = await claimLinkLocal({
    ...(gateway ? { gateway } : {}),
    port,
    run: options.run,
    isAlive: answersAsAgent,
  });
  if (refused) logger.info(`${LINK_LOCAL_ADDRESS} is not used for task metadata`, { reason: refused, port });
  const isLinkLocal = refused === undefined;

  const base = (task: TaskView): string => {
    if (isLinkLocal) return `http://${LINK_LOCAL_ADDRESS}`;
    return `http://${task.networkMode === 'host' ? '127.0.0.1' : (gateway ?? '127.0.0.1')}:${port}`;
  };
  return {
    port,
    isLinkLocal,
    environmentFor: (task: TaskView, container: ContainerView) => ({
      ECS_CONTAINER_METADATA_URI: `${base(task)}/v3/${container.metadataId}`,
      ECS_CONTAINER_METADATA_URI_V4: `${base(task)}/v4/${container.metadataId}`,
      ...(task.roleCredentialsId
        ? { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: `/v2/credentials/${task.roleCredentialsId}` }
        : {}),
    }),
    serve: (deps) => server.serve(createMetadataRoutes(deps)),
    close: () => (server as MetadataServer).close(),
  };
}
