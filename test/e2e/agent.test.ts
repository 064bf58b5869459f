/** What the agent makes of tasks on a real Docker daemon. Containers carry ECS's labels and are removed at the end. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  CreateClusterCommand,
  DescribeContainerInstancesCommand,
  DescribeTasksCommand,
  type ECSClient,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  RunTaskCommand,
  StopTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import { agentConfig } from '#agent/config.ts';
import { createDockerEngine } from '#agent/engine-api/docker.ts';
import { type RunningAgent, startAgent } from '#agent/main.ts';
import { systemClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { systemRandom } from '#lib/random.ts';
import { startTestControlPlane, type TestControlPlane } from '../support/control-plane.ts';

const docker = (...args: string[]): string => spawnSync('docker', args, { encoding: 'utf8' }).stdout?.trim() ?? '';
const skip = docker('image', 'inspect', '--format', '{{.Id}}', 'busybox')
  ? false
  : 'no Docker daemon with the image busybox';

async function until<T>(what: string, read: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const fetchText = (port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/' }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text.trim()));
    });
    request.on('error', () => resolve(undefined));
  });

describe('the agent on Docker', { skip }, () => {
  let root = '';
  let plane: TestControlPlane;
  let ecs: ECSClient;
  let agent: RunningAgent;
  const started: string[] = [];
  const engine = createDockerEngine({ host: process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock' });

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'slipway-agent-e2e-'));
    plane = await startTestControlPlane({ dataDir: join(root, 'control-plane') });
    ecs = plane.ecs();
    await ecs.send(new CreateClusterCommand({ clusterName: 'default' }));
    const config = agentConfig({
      cluster: 'default',
      endpoint: plane.endpoint,
      region: 'us-east-1',
      credentials: plane.clientConfig().credentials,
      dataDirectory: join(root, 'agent'),
      imagePullBehavior: 'prefer-cached',
      cleanupWaitMs: 1_000,
    });
    agent = await startAgent(config, { engine, clock: systemClock, random: systemRandom, logger: silentLogger });
    await until('the connection', async () => {
      const { containerInstances } = await ecs.send(
        new DescribeContainerInstancesCommand({ containerInstances: [agent.containerInstanceArn] }),
      );
      return containerInstances![0]!.agentConnected || undefined;
    });
  });
  after(async () => {
    await agent.close();
    await plane.close();
    for (const arn of started) {
      const ids = docker('ps', '-aq', '--filter', `label=com.amazonaws.ecs.task-arn=${arn}`)
        .split('\n')
        .filter(Boolean);
      if (ids.length) docker('rm', '-f', '-v', ...ids);
    }
    engine.close();
    await rm(root, { recursive: true, force: true });
  });

  const runTask = async (definition: Partial<RegisterTaskDefinitionCommandInput>): Promise<string> => {
    await ecs.send(new RegisterTaskDefinitionCommand({ family: 'e2e', containerDefinitions: [], ...definition }));
    const { tasks, failures } = await ecs.send(new RunTaskCommand({ taskDefinition: 'e2e' }));
    assert.deepEqual(failures, []);
    started.push(tasks![0]!.taskArn!);
    return tasks![0]!.taskArn!;
  };
  const status = (arn: string, wanted: string): Promise<Task> =>
    until(`${wanted} of ${arn}`, async () => {
      const { tasks } = await ecs.send(new DescribeTasksCommand({ tasks: [arn] }));
      const found = tasks![0]!;
      if (found.lastStatus === 'STOPPED' && wanted !== 'STOPPED') assert.fail(JSON.stringify(found));
      return found.lastStatus === wanted ? found : undefined;
    });

  it('runs an ordered task with a volume, ports and limits, and leaves nothing behind', async () => {
    const mountPoints = [{ sourceVolume: 'www', containerPath: '/www' }];
    const arn = await runTask({
      cpu: '256',
      memory: '64',
      volumes: [{ name: 'www', host: {} }],
      containerDefinitions: [
        {
          name: 'init',
          image: 'busybox',
          command: ['sh', '-c', 'echo hello > /www/index.html'],
          essential: false,
          mountPoints,
        },
        {
          name: 'app',
          image: 'busybox',
          command: ['httpd', '-f', '-p', '80', '-h', '/www'],
          stopTimeout: 2,
          dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }],
          portMappings: [{ containerPort: 80 }, { containerPortRange: '9000-9002' }],
          mountPoints,
        },
      ],
    });
    const running = await status(arn, 'RUNNING');
    const app = running.containers!.find(({ name }) => name === 'app')!;
    const init = running.containers!.find(({ name }) => name === 'init')!;
    assert.deepEqual([init.lastStatus, init.exitCode], ['STOPPED', 0]);
    const [single, range] = [
      app.networkBindings!.find((entry) => entry.containerPort),
      app.networkBindings!.find((entry) => entry.containerPortRange),
    ];
    assert.match(range!.hostPortRange!, /^\d+-\d+$/);
    assert.equal(await until('the page', () => fetchText(single!.hostPort!)), 'hello');
    assert.match(docker('inspect', '--format', '{{.Name}}', app.runtimeId!), /^\/ecs-e2e-\d+-app-[0-9a-f]+$/);
    const group = join('/sys/fs/cgroup/memory/ecs', arn.split('/').at(-1)!, 'memory.limit_in_bytes');
    if (existsSync(group)) assert.equal(readFileSync(group, 'utf8').trim(), String(64 * 1024 * 1024));
    await ecs.send(new StopTaskCommand({ task: arn }));
    await status(arn, 'STOPPED');
    await until('the cleanup', () => (agent.tasks.tasks.byArn(arn) ? undefined : true));
    assert.equal(docker('ps', '-aq', '--filter', `label=com.amazonaws.ecs.task-arn=${arn}`), '');
    assert.equal(docker('volume', 'ls', '-q', '--filter', `label=com.amazonaws.ecs.task-arn=${arn}`), '');
  });

  it('reports health, and the death of a container killed from outside', async () => {
    const arn = await runTask({
      containerDefinitions: [
        {
          name: 'app',
          image: 'busybox',
          command: ['sleep', '600'],
          memory: 32,
          healthCheck: { command: ['CMD-SHELL', 'true'], interval: 5, retries: 1 },
        },
      ],
    });
    const running = await status(arn, 'RUNNING');
    await until('health', async () => {
      const { tasks } = await ecs.send(new DescribeTasksCommand({ tasks: [arn] }));
      return tasks![0]!.healthStatus === 'HEALTHY' || undefined;
    });
    docker('kill', running.containers![0]!.runtimeId!);
    const stopped = await status(arn, 'STOPPED');
    assert.deepEqual(
      [stopped.stopCode, stopped.stoppedReason, stopped.containers![0]!.exitCode],
      ['EssentialContainerExited', 'Essential container in task exited', 137],
    );
  });

  it('says why a container cannot start', async () => {
    const arn = await runTask({
      containerDefinitions: [{ name: 'app', image: 'busybox', command: ['/no/such/program'], memory: 32 }],
    });
    const stopped = await status(arn, 'STOPPED');
    assert.equal(stopped.stopCode, 'TaskFailedToStart');
    assert.match(stopped.stoppedReason!, /^CannotStartContainerError: Error response from daemon: /);
  });

  it('tells when a container ran out of memory', async () => {
    const hungry = 'x=a; while true; do x=$x$x; done';
    const arn = await runTask({
      containerDefinitions: [{ name: 'app', image: 'busybox', command: ['sh', '-c', hungry], memory: 8 }],
    });
    const stopped = await status(arn, 'STOPPED');
    assert.equal(stopped.containers![0]!.reason, 'OutOfMemoryError: Container killed due to memory usage');
    assert.equal(stopped.containers![0]!.exitCode, 137);
  });
});
