/** The agent's side services put together: log shipping, the task metadata endpoint, statistics. */
import {
  ECSClient,
  GetTaskProtectionCommand,
  ListTagsForResourceCommand,
  UpdateTaskProtectionCommand,
} from '@aws-sdk/client-ecs';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { RoleCredentials } from '#model/agent-messages.ts';
import { type AgentConfig, providerOf } from './config.ts';
import type { ContainerEngine } from './engine-api/engine.ts';
import { CloudWatchLogSink } from './logs/cloudwatch-log-sink.ts';
import { createLogShipper } from './logs/log-shipper.ts';
import type { SideServices } from './main.ts';
import { type RunCommand, releaseLinkLocal, runCommand } from './metadata/link-local.ts';
import { startTaskMetadata, type TaskMetadata } from './metadata/task-metadata.ts';
import type { CallProtection } from './metadata/task-protection.ts';
import { createRegistryLoopback } from './registry/loopback.ts';
import { createOwnImages } from './registry/own-images.ts';
import { createGatherResources } from './secrets/gather-resources.ts';
import { LiveStatsFeeds } from './stats/live-stats.ts';
import { MetricsCollector } from './stats/metrics-collector.ts';
import type { TaskCredentials } from './task-engine/credentials.ts';

export interface SideServicesDeps {
  readonly engine: ContainerEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Runs iptables. */
  readonly run?: RunCommand;
}

const expiring = ({ accessKeyId, secretAccessKey, sessionToken, expiration }: RoleCredentials) => ({
  accessKeyId,
  secretAccessKey,
  sessionToken,
  expiration: new Date(expiration),
});

export function createSideServices(config: AgentConfig, deps: SideServicesDeps): SideServices {
  const { engine, clock, random, logger } = deps;
  const { endpoint, region, credentials } = config;
  let roles: TaskCredentials | undefined;
  const executionCredentials = (taskArn: string) => {
    const held = roles?.of(taskArn, 'TaskExecution');
    return held && expiring(held);
  };
  const sink = new CloudWatchLogSink({ endpoint, credentials, executionCredentials, logger });
  const logs = createLogShipper({ engine, sink, region, clock, random, logger });
  const liveStats = new LiveStatsFeeds(engine, clock);
  const ecs = new ECSClient({ endpoint, region, credentials });
  const loopback = createRegistryLoopback(endpoint, logger);
  let metadata: TaskMetadata | undefined;
  let metrics: MetricsCollector | undefined;
  let hasRunningTasks = () => false;
  const run = deps.run ?? runCommand;

  const listTags = async (resourceArn: string) => {
    const { tags } = await ecs.send(new ListTagsForResourceCommand({ resourceArn }));
    return Object.fromEntries((tags ?? []).map((tag) => [tag.key ?? '', tag.value ?? '']));
  };

  const callProtection: CallProtection = async (task, role, change, abortSignal) => {
    const client = new ECSClient({ endpoint, region, credentials: expiring(role), maxAttempts: 1 });
    const target = { cluster: task.clusterArn, tasks: [task.arn] };
    try {
      return await (change
        ? client.send(new UpdateTaskProtectionCommand({ ...target, ...change }), { abortSignal })
        : client.send(new GetTaskProtectionCommand(target), { abortSignal }));
    } finally {
      client.destroy();
    }
  };
  return {
    logs,
    environment: { environmentFor: (task, container) => metadata?.environmentFor(task, container) ?? {} },
    metrics: { takeTaskMetrics: () => metrics?.takeTaskMetrics() ?? [] },
    images: createOwnImages(endpoint, loopback),
    gatherResources: createGatherResources({ endpoint, credentials: providerOf(config), clock }),
    start: async ({ engineInfo, containerInstanceArn, tasks, credentials: taskCredentials }) => {
      roles = taskCredentials;
      const { bridgeGateway } = engineInfo;
      metadata = await startTaskMetadata({
        dataDirectory: config.dataDirectory,
        ...(config.auditLogFile ? { auditLogFile: config.auditLogFile } : {}),
        ...(bridgeGateway ? { bridgeGateway } : {}),
        ...(config.containerEndpoint === false ? {} : { api: { endpoint, region } }),
        clock,
        logger,
        run,
      });
      await metadata.serve({
        tasks,
        credentials: taskCredentials,
        cluster: config.cluster,
        containerInstanceArn,
        stats: (runtimeId) => liveStats.get(runtimeId),
        listTags,
        callProtection,
        logger,
      });
      hasRunningTasks = () => tasks.list().some((task) => task.knownStatus !== 'STOPPED');
      metrics = new MetricsCollector({ engine, tasks, hostCpus: engineInfo.cpus, clock, logger });
      metrics.start();
    },
    close: async () => {
      metrics?.close();
      liveStats.close();
      await metadata?.close();
      // Containers that go on running keep their way to the next agent.
      if (metadata?.isLinkLocal && !hasRunningTasks()) {
        await releaseLinkLocal(run).catch((error: unknown) =>
          logger.warn('iptables rules were left behind', { error }),
        );
      }
      loopback.close();
      await logs.close();
      ecs.destroy();
    },
  };
}
