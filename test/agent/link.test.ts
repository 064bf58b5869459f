/** The agent against a real control plane, on the simulated container engine. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  type ContainerDefinition,
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
import { TerminalError } from '#agent/link/register.ts';
import { type RunningAgent, startAgent } from '#agent/main.ts';
import { StateInUseError } from '#agent/state/agent-state.ts';
import { systemClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { systemRandom } from '#lib/random.ts';
import { startTestControlPlane, type TestControlPlane } from '../support/control-plane.ts';

async function until<T>(what: string, read: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('the agent and its control plane', () => {
  const engine = new SimulatedEngine({ clock: systemClock, random: systemRandom, images: ['busybox'] });
  let root = '';
  let plane: TestControlPlane;
  let ecs: ECSClient;
  let agent: RunningAgent;
  const settings = (more: { cluster?: string; directory?: string } = {}) =>
    agentConfig({
      cluster: more.cluster ?? 'default',
      endpoint: plane.endpoint,
      region: 'us-east-1',
      credentials: plane.clientConfig().credentials,
      dataDirectory: join(root, more.directory ?? 'agent'),
      imagePullBehavior: 'prefer-cached',
      stopTimeoutMs: 200,
      taskLimits: false,
    });
  const start = (more?: Parameters<typeof settings>[0]) =>
    startAgent(settings(more), { engine, clock: systemClock, random: systemRandom, logger: silentLogger });

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'slipway-link-'));
    plane = await startTestControlPlane({ dataDir: join(root, 'control-plane') });
    ecs = plane.ecs();
    await ecs.send(new CreateClusterCommand({ clusterName: 'default' }));
    agent = await start();
  });
  after(async () => {
    await agent.close();
    await plane.close();
    await rm(root, { recursive: true, force: true });
  });

  const runTask = async (...containerDefinitions: ContainerDefinition[]): Promise<string> => {
    await ecs.send(new RegisterTaskDefinitionCommand({ family: 'link', containerDefinitions }));
    const { tasks, failures } = await ecs.send(new RunTaskCommand({ taskDefinition: 'link' }));
    assert.deepEqual(failures, []);
    return tasks![0]!.taskArn!;
  };
  const task = (arn: string, is: (task: Task) => boolean) =>
    until(`task ${arn}`, async () => {
      const { tasks } = await ecs.send(new DescribeTasksCommand({ tasks: [arn] }));
      return tasks!.find(is);
    });
  const app: ContainerDefinition = { name: 'app', image: 'busybox', command: ['sleep', '600'], memory: 32 };

  const connected = () =>
    until('the connection', async () => {
      const { containerInstances } = await ecs.send(
        new DescribeContainerInstancesCommand({ containerInstances: [agent.containerInstanceArn] }),
      );
      return containerInstances![0]!.agentConnected || undefined;
    });

  it('connects', async () => {
    await connected();
  });

  it('runs and stops a task', async () => {
    const arn = await runTask({ ...app, portMappings: [{ containerPort: 80 }] });
    const running = await task(arn, ({ lastStatus }) => lastStatus === 'RUNNING');
    assert.ok(running.containers![0]!.networkBindings![0]!.hostPort! > 0);
    assert.ok(running.containers![0]!.runtimeId);
    await ecs.send(new StopTaskCommand({ task: arn, reason: 'enough' }));
    const stopped = await task(arn, ({ lastStatus }) => lastStatus === 'STOPPED');
    assert.deepEqual([stopped.stopCode, stopped.containers![0]!.exitCode], ['UserInitiated', 137]);
  });

  it('reports an exit and an image that cannot be pulled in AWS’s words', async () => {
    const exited = await runTask({ ...app, command: ['sh', '-c', 'sleep 0.1; exit 4'] });
    const stopped = await task(exited, ({ lastStatus }) => lastStatus === 'STOPPED');
    assert.deepEqual(
      [stopped.stopCode, stopped.stoppedReason, stopped.containers![0]!.exitCode],
      ['EssentialContainerExited', 'Essential container in task exited', 4],
    );
    const failed = await task(
      await runTask({ ...app, image: 'nobody/nothing' }),
      ({ lastStatus }) => lastStatus === 'STOPPED',
    );
    assert.equal(failed.stopCode, 'TaskFailedToStart');
    assert.match(failed.stoppedReason!, /^CannotPullContainerError: /);
    assert.equal(failed.containers![0]!.exitCode, undefined);
  });

  it('publishes health', async () => {
    const healthCheck = { command: ['CMD-SHELL', 'true'], interval: 5, retries: 1 };
    const arn = await runTask({ ...app, healthCheck });
    const healthy = await task(arn, ({ healthStatus }) => healthStatus === 'HEALTHY');
    assert.equal(healthy.containers![0]!.healthStatus, 'HEALTHY');
    await ecs.send(new StopTaskCommand({ task: arn }));
  });

  it('comes back as the same instance, and reports what happened meanwhile', async () => {
    const arn = await runTask(app);
    await task(arn, ({ lastStatus }) => lastStatus === 'RUNNING');
    const { containerInstanceArn } = agent;
    const runtimeId = agent.tasks.tasks.byArn(arn)!.containers[0]!.runtimeId!;
    await agent.close();
    engine.containers.get(runtimeId)!.exit(6);
    agent = await start();
    assert.equal(agent.containerInstanceArn, containerInstanceArn);
    const stopped = await task(arn, ({ lastStatus }) => lastStatus === 'STOPPED');
    assert.equal(stopped.containers![0]!.exitCode, 6);
  });

  it('keeps what it has to report while the control plane is away', async () => {
    const arn = await runTask({ ...app, command: ['sh', '-c', 'sleep 0.3; exit 8'] });
    await task(arn, ({ lastStatus }) => lastStatus === 'RUNNING');
    const { port, dataDir } = plane;
    await plane.close();
    await until('the exit', async () => agent.tasks.tasks.byArn(arn)!.knownStatus === 'STOPPED' || undefined);
    plane = await startTestControlPlane({ dataDir, port });
    ecs = plane.ecs();
    const stopped = await task(arn, ({ lastStatus }) => lastStatus === 'STOPPED');
    assert.equal(stopped.containers![0]!.exitCode, 8);
    await connected();
    const next = await runTask(app);
    await task(next, ({ lastStatus }) => lastStatus === 'RUNNING');
    await ecs.send(new StopTaskCommand({ task: next }));
  });

  it('shares its data directory with nobody', async () => {
    await assert.rejects(start(), StateInUseError);
  });

  it('ends for good when the cluster does not exist', async () => {
    await assert.rejects(start({ cluster: 'nowhere', directory: 'other' }), TerminalError);
  });
});
