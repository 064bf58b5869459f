/** The cluster `default` and this machine in it, as any client of the APIs sees them. */
import type { ContainerInstance, ECSClient } from '@aws-sdk/client-ecs';
import type { Clock } from '#lib/clock.ts';
import type { AgentProcess } from './agent-process.ts';
import type { Step } from './progress.ts';
import { waitFor } from './wait.ts';

/** Pulling nothing and starting one process, an agent registers in a second or two; a machine under load needs longer. */
const registrationDeadlineMs = 90_000;

/** Answers whether the cluster had to be made. */
export async function ensureCluster(ecs: ECSClient, name: string): Promise<boolean> {
  const { CreateClusterCommand, DescribeClustersCommand } = await import('@aws-sdk/client-ecs');
  const { clusters = [] } = await ecs.send(new DescribeClustersCommand({ clusters: [name] }));
  if (clusters[0]?.status === 'ACTIVE') return false;
  await ecs.send(new CreateClusterCommand({ clusterName: name }));
  return true;
}

async function connectedInstance(ecs: ECSClient, cluster: string): Promise<ContainerInstance | undefined> {
  const { DescribeContainerInstancesCommand, ListContainerInstancesCommand } = await import('@aws-sdk/client-ecs');
  const { containerInstanceArns = [] } = await ecs.send(new ListContainerInstancesCommand({ cluster }));
  if (containerInstanceArns.length === 0) return undefined;
  const { containerInstances = [] } = await ecs.send(
    new DescribeContainerInstancesCommand({ cluster, containerInstances: containerInstanceArns }),
  );
  return containerInstances.find((instance) => instance.agentConnected);
}

export interface WaitForInstanceOptions {
  readonly ecs: ECSClient;
  readonly cluster: string;
  readonly agent: AgentProcess;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly step: Step;
}

/** The registered instance, or why there is none. */
export async function waitForInstance(options: WaitForInstanceOptions): Promise<ContainerInstance | string> {
  const { ecs, cluster, agent, clock, signal, step } = options;
  let gaveUp: string | undefined;
  agent.gaveUp.then((reason) => {
    gaveUp = reason;
  });
  const found = await waitFor<ContainerInstance | string>(
    clock,
    { deadlineMs: registrationDeadlineMs, everyMs: 150, signal },
    async () => {
      if (gaveUp !== undefined) return `the agent has ended (${gaveUp})`;
      if (agent.failures > 0) step.note(`the agent has ended ${agent.failures} times, trying again`);
      return await connectedInstance(ecs, cluster);
    },
  );
  return found ?? `the agent has not connected within ${registrationDeadlineMs / 1000} s`;
}
