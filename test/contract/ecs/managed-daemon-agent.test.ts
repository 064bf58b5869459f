/** A managed daemon from end to end: a whole control plane, Slipway's own agent, a simulated engine. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import {
  CreateCapacityProviderCommand,
  CreateClusterCommand,
  CreateDaemonCommand,
  DescribeContainerInstancesCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListTasksCommand,
  RegisterDaemonTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import { agentConfig } from '#agent/config.ts';
import { SimulatedEngine } from '#agent/engine-api/simulated.ts';
import { type RunningAgent, startAgent } from '#agent/main.ts';
import { systemClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { systemRandom } from '#lib/random.ts';
import { changeOf } from '#store/store.ts';
import { containerInstances } from '#store/tables/ecs.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { until } from '../../support/quick-agents.ts';

let directory: string;
let plane: TestControlPlane;
let ecs: ECSClient;
let agent: RunningAgent | undefined;
const engine = new SimulatedEngine({ clock: systemClock, random: systemRandom, images: ['busybox'] });
const container = { name: 'guard', image: 'busybox', memory: 16, command: ['sleep', '1000'] };

async function tasksOf(group: string, lastStatus: string): Promise<Task[]> {
  const { taskArns } = await ecs.send(new ListTasksCommand({}));
  if (taskArns!.length === 0) return [];
  const { tasks } = await ecs.send(new DescribeTasksCommand({ tasks: taskArns! }));
  return tasks!.filter((task) => task.group === group && task.lastStatus === lastStatus);
}

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-daemon-'));
  plane = await startTestControlPlane({ dataDir: join(directory, 'plane') });
  ecs = plane.ecs();
  const autoScalingGroupArn = `arn:aws:autoscaling:us-east-1:${plane.account}:autoScalingGroup:0:autoScalingGroupName/edge`;
  const provider = { name: 'edge', autoScalingGroupProvider: { autoScalingGroupArn } };
  await ecs.send(new CreateCapacityProviderCommand(provider));
  await ecs.send(new CreateClusterCommand({ capacityProviders: ['edge'] }));
  const guard = { family: 'guard', containerDefinitions: [container] };
  const { daemonTaskDefinitionArn } = await ecs.send(new RegisterDaemonTaskDefinitionCommand(guard));
  const daemon = { daemonName: 'guard', daemonTaskDefinitionArn, capacityProviderArns: ['edge'] };
  await ecs.send(new CreateDaemonCommand(daemon));
  await ecs.send(new RegisterTaskDefinitionCommand({ ...guard, family: 'web' }));
});
after(async () => {
  await agent?.close();
  await plane?.close();
  await rm(directory, { recursive: true, force: true });
});

it('starts before an instance takes tasks, and takes it back when it ends', async () => {
  const statuses: string[] = [];
  plane.store.subscribe('committed', ({ changes }) => {
    for (const change of changes) {
      const status = changeOf(containerInstances, change)?.after?.status;
      if (status !== undefined && status !== statuses.at(-1)) statuses.push(status);
    }
  });
  const { accessKeyId, secretAccessKey } = plane.administrator;
  const config = agentConfig({
    endpoint: plane.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey },
    dataDirectory: join(directory, 'agent'),
    taskLimits: false,
    stopTimeoutMs: 200,
    instanceAttributes: { 'slipway.capacity-provider': 'edge' },
  });
  agent = await startAgent(config, { engine, clock: systemClock, random: systemRandom, logger: silentLogger });
  const isActive = async () => {
    const command = new DescribeContainerInstancesCommand({ containerInstances: [agent!.containerInstanceArn] });
    const [instance] = (await ecs.send(command)).containerInstances!;
    return instance!.status === 'ACTIVE' && instance!;
  };
  const { capacityProviderName } = await until(isActive);
  assert.equal(capacityProviderName, 'edge');
  const [first] = await tasksOf('daemon:guard', 'RUNNING');
  assert.ok(first!.containers![0]!.runtimeId);
  await ecs.send(new RunTaskCommand({ taskDefinition: 'web' }));
  await until(async () => (await tasksOf('family:web', 'RUNNING')).length === 1);

  engine.containers.get(first!.containers![0]!.runtimeId!)!.exit(1);
  await until(async () => (await tasksOf('daemon:guard', 'RUNNING'))[0]?.taskArn !== first!.taskArn);
  await until(isActive);
  assert.deepEqual(await tasksOf('family:web', 'RUNNING'), []);
  assert.deepEqual(statuses, ['REGISTERING', 'ACTIVE', 'DRAINING', 'REGISTERING', 'ACTIVE']);
});
