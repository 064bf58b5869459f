/** Log shipping and the task metadata endpoint on real Docker: what containers see and what CloudWatch Logs holds. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import {
  type ContainerDefinition,
  DescribeTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
} from '@aws-sdk/client-ecs';
import {
  dockerMissing,
  makeDataDirectory,
  removeAll,
  type Slipway,
  startSlipway,
  until,
} from '../support/slipway-process.ts';

const skip = dockerMissing();
const dataDir = makeDataDirectory();
const cluster = 'default';
const group = '/e2e/logs';
let running: Slipway;
let logs: CloudWatchLogsClient;

async function start(): Promise<void> {
  running = await startSlipway(dataDir, ['--no-sample']);
  const { endpoint, credentials } = running;
  logs?.destroy();
  logs = new CloudWatchLogsClient({ endpoint, region: credentials.region, credentials });
}

before(async () => {
  if (!skip) await start();
});
after(async () => {
  logs?.destroy();
  await running?.stop('SIGKILL');
  removeAll(dataDir);
});

/** Runs a shell command as a task; answers its ARN and the stream its output goes to. */
async function run(
  family: string,
  command: string,
  networkMode: 'bridge' | 'host',
  more: Partial<ContainerDefinition> = {},
) {
  await running.ecs.send(
    new RegisterTaskDefinitionCommand({
      family,
      networkMode,
      containerDefinitions: [
        {
          name: 'shell',
          image: 'busybox:latest',
          memory: 32,
          essential: true,
          command: ['sh', '-c', command],
          logConfiguration: {
            logDriver: 'awslogs',
            options: {
              'awslogs-group': group,
              'awslogs-region': running.credentials.region,
              'awslogs-stream-prefix': family,
              'awslogs-create-group': 'true',
            },
          },
          ...more,
        },
      ],
    }),
  );
  const { tasks, failures } = await running.ecs.send(new RunTaskCommand({ cluster, taskDefinition: family }));
  assert.deepEqual(failures, []);
  const arn = tasks![0]!.taskArn!;
  return { arn, stream: `${family}/shell/${arn.split('/').at(-1)}` };
}

const isStopped = async (arn: string) => {
  const { tasks } = await running.ecs.send(new DescribeTasksCommand({ cluster, tasks: [arn] }));
  return tasks?.[0]?.lastStatus === 'STOPPED' && tasks[0];
};

async function messages(stream: string): Promise<string[]> {
  const found: string[] = [];
  try {
    const pages = paginateFilterLogEvents({ client: logs }, { logGroupName: group, logStreamNames: [stream] });
    for await (const page of pages) found.push(...page.events!.map((event) => event.message!));
  } catch (error) {
    if ((error as Error).name !== 'ResourceNotFoundException') throw error;
  }
  return found;
}

const processes = (): { readonly pid: number; readonly line: string }[] =>
  execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((text) => ({ pid: Number.parseInt(text, 10), line: text }));

const agentPid = () => processes().find(({ line }) => line.includes(' agent ') && line.includes(dataDir))?.pid;

for (const networkMode of ['bridge', 'host'] as const) {
  test(`a container in ${networkMode} mode reads its metadata`, { skip }, async () => {
    const read = (path: string) => `wget -q -O - "$ECS_CONTAINER_METADATA_URI_V4${path}"; echo`;
    const command = [read(''), read('/task'), read('/stats'), 'wget -q -O - "$ECS_CONTAINER_METADATA_URI"; echo'];
    const { arn, stream } = await run(`metadata-${networkMode}`, command.join('; '), networkMode);
    await until('the task has stopped', 60_000, () => isStopped(arn));
    const lines = await until('its lines are shipped', 30_000, async () => {
      const found = await messages(stream);
      return found.length >= 4 && found;
    });
    const [container, task, stats, version3] = lines.map((line) => JSON.parse(line));
    assert.equal(container.Name, 'shell');
    assert.equal(container.Labels['com.amazonaws.ecs.task-arn'], arn);
    assert.equal(container.LogDriver, 'awslogs');
    assert.deepEqual(container.Limits, { CPU: 0, Memory: 32 });
    assert.equal(task.TaskARN, arn);
    assert.equal(task.Family, `metadata-${networkMode}`);
    assert.deepEqual(
      task.Containers.map((each: { Name: string }) => each.Name),
      ['shell'],
    );
    assert.equal(stats.id, container.DockerId);
    assert.ok(stats.cpu_stats.cpu_usage.total_usage > 0);
    assert.equal(version3.DockerId, container.DockerId);
  });
}

test('without its log group a container does not start, and the task says why', { skip }, async () => {
  const options = { 'awslogs-group': '/e2e/nowhere', 'awslogs-region': running.credentials.region };
  const { arn } = await run('no-group', 'echo hello', 'bridge', {
    logConfiguration: { logDriver: 'awslogs', options: { ...options, 'awslogs-stream-prefix': 'p' } },
  });
  const task = await until('the task has stopped', 60_000, () => isStopped(arn));
  assert.equal(task.stopCode, 'TaskFailedToStart');
  assert.match(
    task.stoppedReason ?? '',
    /^CannotStartContainerError: .*failed to create Cloudwatch log stream: .*The specified log group does not exist\./,
  );
  assert.equal(task.containers?.[0]?.exitCode, undefined);
});

test('lines arrive while the container runs, and each exactly once when agent and control plane are killed', {
  skip,
}, async () => {
  const lines = 400;
  const command = `i=0; while [ $i -lt ${lines} ]; do echo "line $i"; i=$((i+1)); [ $((i % 10)) = 0 ] && sleep 0.2; done`;
  const { arn, stream } = await run('count', command, 'bridge');
  await until('first lines', 60_000, async () => (await messages(stream)).length > 20);
  assert.equal(await isStopped(arn), false, 'it still runs');
  const agent = agentPid();
  assert.ok(agent);
  process.kill(agent, 'SIGKILL');
  const before = await messages(stream);
  await until('another agent ships on', 60_000, async () => (await messages(stream)).length > before.length + 20);
  await running.stop('SIGKILL');
  await start();
  await until('the task has stopped', 60_000, () => isStopped(arn));
  await until('every line is shipped', 30_000, async () => (await messages(stream)).length >= lines);
  assert.deepEqual(
    await messages(stream),
    Array.from({ length: lines }, (_, i) => `line ${i}`),
  );
});
