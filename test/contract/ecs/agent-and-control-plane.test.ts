/** Both ends of the agent link together: a whole control plane, Slipway's own agent, a simulated engine. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import {
  CreateClusterCommand,
  DescribeContainerInstancesCommand,
  DescribeTasksCommand,
  type ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import { agentConfig } from '#agent/config.ts';
import { SimulatedEngine } from '#agent/engine-api/simulated.ts';
import { type RunningAgent, startAgent } from '#agent/main.ts';
import { systemClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { systemRandom } from '#lib/random.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';

let directory: string;
let plane: TestControlPlane;
let ecs: ECSClient;
let agent: RunningAgent;
const engine = new SimulatedEngine({ clock: systemClock, random: systemRandom, images: ['busybox'] });

async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`not within ten seconds: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const tasksWith = (arns: string[], lastStatus: string) =>
  eventually(`${arns.length} tasks ${lastStatus}`, async () => {
    const { tasks } = await ecs.send(new DescribeTasksCommand({ tasks: arns }));
    return tasks!.every((task) => task.lastStatus === lastStatus) ? tasks! : undefined;
  });

const connected = (wanted: boolean) =>
  eventually(`agentConnected ${wanted}`, async () => {
    const command = new DescribeContainerInstancesCommand({
      containerInstances: [agent.containerInstanceArn],
      include: ['CONTAINER_INSTANCE_HEALTH'],
    });
    const { containerInstances } = await ecs.send(command);
    return containerInstances![0]!.agentConnected === wanted ? containerInstances![0]! : undefined;
  });

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-link-'));
  plane = await startTestControlPlane({ dataDir: join(directory, 'plane') });
  ecs = plane.ecs();
  await ecs.send(new CreateClusterCommand({}));
  const { accessKeyId, secretAccessKey } = plane.administrator;
  const config = agentConfig({
    endpoint: plane.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey },
    dataDirectory: join(directory, 'agent'),
    taskLimits: false,
    stopTimeoutMs: 200,
  });
  agent = await startAgent(config, { engine, clock: systemClock, random: systemRandom, logger: silentLogger });
  await connected(true);
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'web',
      containerDefinitions: [
        {
          name: 'app',
          image: 'busybox',
          memory: 16,
          command: ['sleep', '1000'],
          portMappings: [{ containerPort: 80 }],
        },
      ],
    }),
  );
});
after(async () => {
  await agent?.close();
  await plane?.close();
  await rm(directory, { recursive: true, force: true });
});

const run = async (count: number): Promise<string[]> => {
  const { tasks, failures } = await ecs.send(new RunTaskCommand({ taskDefinition: 'web', count }));
  assert.deepEqual(failures, []);
  return tasks!.map((task: Task) => task.taskArn!);
};

const stop = (task: string) => ecs.send(new StopTaskCommand({ task, reason: 'seen enough' }));

it('runs tasks and stops them', async () => {
  const arns = await run(3);
  const [first] = await tasksWith(arns, 'RUNNING');
  assert.ok(first!.containers![0]!.runtimeId);
  assert.ok(first!.containers![0]!.networkBindings![0]!.hostPort);
  for (const arn of arns) await stop(arn);
  const stopped = await tasksWith(arns, 'STOPPED');
  assert.equal(stopped[0]!.stopCode, 'UserInitiated');
  assert.equal(stopped[0]!.stoppedReason, 'seen enough');
});

it('goes on after a restart of the control plane, with what was decided while the agent was away', async () => {
  const arns = await run(2);
  await tasksWith(arns, 'RUNNING');
  const containers = engine.containers.size;
  await plane.close();
  plane = await startTestControlPlane({ dataDir: join(directory, 'plane'), port: plane.port });
  ecs = plane.ecs();
  await stop(arns[0]!);
  const instance = await connected(true);
  const more = await run(1);
  await tasksWith([arns[0]!], 'STOPPED');
  await tasksWith([arns[1]!], 'RUNNING');
  await tasksWith(more, 'RUNNING');
  assert.equal(engine.containers.size, containers + 1, 'nothing was started twice');
  assert.equal(instance.versionInfo!.agentVersion, '0.1.0');
  for (const arn of [arns[1]!, ...more]) await stop(arn);
  await tasksWith([...arns, ...more], 'STOPPED');
});
