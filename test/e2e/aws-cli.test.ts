/** What people type: the unmodified AWS CLI against a running Slipway with real containers. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type AwsCli, awsCli, findAwsClis } from '../support/aws-cli.ts';
import { ensureBusyboxImage } from '../support/busybox-image.ts';
import {
  dockerMissing,
  makeDataDirectory,
  removeAll,
  type Slipway,
  startSlipway,
  until,
} from '../support/slipway-process.ts';

const clis = findAwsClis();
const image = 'localhost:1/slipway/e2e:1';
const logGroup = '/e2e/aws-cli';

for (const major of ['1', '2']) {
  const found = clis.find((cli) => cli.version.startsWith(`aws-cli/${major}.`));
  const skip = dockerMissing() || (found ? false : `no AWS CLI version ${major} on this machine`);
  describe(`AWS CLI version ${major}${found ? ` (${found.version})` : ''}`, () => {
    if (skip || !found) {
      test(`AWS CLI version ${major}`, { skip: skip || true }, () => {});
      return;
    }
    flow(found);
  });
}

function taskDefinition(message: string): object {
  const script = `echo "${message} starts"; i=0; while true; do i=$((i+1)); echo "${message} line $i"; sleep 1; done`;
  return {
    family: 'cli',
    networkMode: 'bridge',
    containerDefinitions: [
      {
        name: 'main',
        image,
        entryPoint: ['sh', '-c'],
        command: [`trap 'exit 0' TERM; ${script} & wait`],
        cpu: 16,
        memory: 32,
        essential: true,
        stopTimeout: 5,
        portMappings: [{ containerPort: 80 }],
        logConfiguration: {
          logDriver: 'awslogs',
          options: {
            'awslogs-group': logGroup,
            'awslogs-region': 'us-east-1',
            'awslogs-stream-prefix': 'cli',
            'awslogs-create-group': 'true',
          },
        },
      },
    ],
    tags: [{ key: 'team', value: 'ships' }],
  };
}

/** `logs tail --follow`, until what it prints matches. */
async function followUntil(aws: AwsCli, stream: string, expected: RegExp): Promise<void> {
  const follow = aws.start('logs', 'tail', logGroup, '--follow', '--format', 'short', '--log-stream-names', stream);
  let printed = '';
  for (const output of [follow.stdout!, follow.stderr!]) {
    output.on('data', (chunk: Buffer) => {
      printed += chunk;
    });
  }
  try {
    await until('tail --follow shows lines as they come', 60_000, () => {
      if (follow.exitCode !== null) throw new Error(`it has ended with ${follow.exitCode}: ${printed}`);
      return expected.test(printed);
    });
  } finally {
    follow.kill('SIGINT');
  }
}

function flow(found: (typeof clis)[number]): void {
  const dataDir = makeDataDirectory();
  let running: Slipway;
  let aws: ReturnType<typeof awsCli>;
  const inCluster = ['--cluster', 'cli'];

  before(async () => {
    await ensureBusyboxImage(image);
    running = await startSlipway(dataDir, ['--no-sample']);
    aws = awsCli(found, running.credentials);
  });
  after(async () => {
    await running?.stop('SIGKILL');
    removeAll(dataDir);
  });

  function register(message: string): string {
    const file = path.join(dataDir, 'task-definition.json');
    writeFileSync(file, JSON.stringify(taskDefinition(message)));
    return aws.json('ecs', 'register-task-definition', '--cli-input-json', `file://${file}`).taskDefinition
      .taskDefinitionArn;
  }

  test('sts get-caller-identity', () => {
    const { Account, Arn } = aws.json('sts', 'get-caller-identity');
    assert.equal(Account, running.credentials.account);
    assert.equal(Arn, `arn:aws:iam::${Account}:root`);
  });

  test('clusters: create, describe, list page by page, delete', () => {
    for (const name of ['a', 'b', 'c']) {
      assert.equal(aws.json('ecs', 'create-cluster', '--cluster-name', name).cluster.status, 'ACTIVE');
    }
    assert.equal(aws.json('ecs', 'list-clusters', '--page-size', '2').clusterArns.length, 4, 'default and three more');
    const first = aws.json('ecs', 'list-clusters', '--max-items', '3');
    assert.equal(first.clusterArns.length, 3);
    const second = aws.json('ecs', 'list-clusters', '--max-items', '3', '--starting-token', first.NextToken);
    assert.equal(second.clusterArns.length, 1);
    const described = aws.json('ecs', 'describe-clusters', '--clusters', 'a', 'nobody');
    assert.equal(described.clusters[0].clusterName, 'a');
    assert.equal(described.failures[0].reason, 'MISSING');
    assert.equal(aws.json('ecs', 'delete-cluster', '--cluster', 'c').cluster.status, 'INACTIVE');
  });

  test('a task from a JSON file runs, is waited for, read, and stopped', async () => {
    register('one');
    const instances = aws.json('ecs', 'list-container-instances').containerInstanceArns;
    assert.equal(instances.length, 1);
    const [instance] = aws.json(
      'ecs',
      'describe-container-instances',
      '--container-instances',
      ...instances,
    ).containerInstances;
    assert.equal(instance.agentConnected, true);
    const started = aws.json(
      'ecs',
      'run-task',
      '--task-definition',
      'cli',
      '--count',
      '2',
      '--started-by',
      'e2e',
      '--enable-ecs-managed-tags',
    );
    assert.deepEqual(started.failures, []);
    const arns: string[] = started.tasks.map((task: { taskArn: string }) => task.taskArn);
    aws.text('ecs', 'wait', 'tasks-running', '--tasks', ...arns);
    const { tasks } = aws.json('ecs', 'describe-tasks', '--tasks', ...arns, '--include', 'TAGS');
    assert.deepEqual(
      tasks.map((task: { lastStatus: string }) => task.lastStatus),
      ['RUNNING', 'RUNNING'],
    );
    assert.ok(tasks[0].containers[0].networkBindings[0].hostPort > 0);
    assert.equal(aws.json('ecs', 'list-tasks', '--started-by', 'e2e').taskArns.length, 2);
    assert.equal(aws.json('ecs', 'list-tasks', '--family', 'cli', '--page-size', '1').taskArns.length, 2);
    const stopping = aws.json('ecs', 'stop-task', '--task', arns[0]!, '--reason', 'enough').task;
    assert.equal(stopping.desiredStatus, 'STOPPED');
    aws.json('ecs', 'stop-task', '--task', arns[1]!);
    aws.text('ecs', 'wait', 'tasks-stopped', '--tasks', ...arns);
    const stopped = aws.json('ecs', 'describe-tasks', '--tasks', ...arns).tasks;
    const [first] = stopped.filter((task: { taskArn: string }) => task.taskArn === arns[0]);
    assert.equal(first.stopCode, 'UserInitiated');
    assert.equal(first.stoppedReason, 'enough');
    assert.equal(first.containers[0].exitCode, 0);
    assert.equal(aws.json('ecs', 'list-tasks', '--desired-status', 'STOPPED').taskArns.length, 2);
  });

  test('a task that says what it does is found in the logs', async () => {
    const [task] = aws.json('ecs', 'run-task', '--task-definition', 'cli').tasks;
    aws.text('ecs', 'wait', 'tasks-running', '--tasks', task.taskArn);
    const stream = `cli/main/${task.taskArn.split('/').at(-1)}`;
    const read = () =>
      aws.json(
        ...['logs', 'get-log-events', '--log-group-name', logGroup, '--log-stream-name', stream],
        '--start-from-head',
      ).events;
    if (found.version.startsWith('aws-cli/1.')) {
      // Version 1 has no `logs tail`.
      await until('five lines are there', 60_000, () => read().length > 5);
    } else await followUntil(aws, stream, /one line 5/);
    const messages: string[] = read().map((event: { message: string }) => event.message);
    assert.deepEqual(messages.slice(0, 5), ['one starts', 'one line 1', 'one line 2', 'one line 3', 'one line 4']);
    const filtered = aws.json(
      'logs',
      'filter-log-events',
      '--log-group-name',
      logGroup,
      '--log-stream-names',
      stream,
      '--filter-pattern',
      '"line 2"',
    );
    assert.equal(filtered.events[0].message, 'one line 2');
    assert.equal(
      aws.json('logs', 'describe-log-groups', '--log-group-name-prefix', '/e2e').logGroups[0].logGroupName,
      logGroup,
    );
    const streams = aws.json('logs', 'describe-log-streams', '--log-group-name', logGroup).logStreams;
    assert.ok(streams.some((one: { logStreamName: string }) => one.logStreamName === stream));
    aws.json('ecs', 'stop-task', '--task', task.taskArn);
    aws.text('ecs', 'wait', 'tasks-stopped', '--tasks', task.taskArn);
  });

  test('a service: create, stable, rolling update, events, delete', () => {
    const first = register('two');
    aws.json('ecs', 'create-service', '--service-name', 'web', '--task-definition', 'cli', '--desired-count', '2');
    aws.text('ecs', 'wait', 'services-stable', '--services', 'web');
    const before = aws.json('ecs', 'list-tasks', '--service-name', 'web').taskArns;
    assert.equal(before.length, 2);
    const second = register('three');
    assert.notEqual(second, first);
    const updated = aws.json(
      ...['ecs', 'update-service', '--service', 'web', '--task-definition', second],
      ...['--deployment-configuration', 'minimumHealthyPercent=50,maximumPercent=150'],
    ).service;
    assert.equal(updated.deployments.length, 2);
    aws.text('ecs', 'wait', 'services-stable', '--services', 'web');
    const { services } = aws.json('ecs', 'describe-services', '--services', 'web');
    assert.equal(services[0].taskDefinition, second);
    assert.equal(services[0].runningCount, 2);
    const messages: string[] = services[0].events.map((event: { message: string }) => event.message);
    assert.ok(
      messages.some((message) => message.endsWith('has reached a steady state.')),
      messages.join('\n'),
    );
    assert.deepEqual(aws.json('ecs', 'list-services').serviceArns, [services[0].serviceArn]);
    aws.json('ecs', 'update-service', '--service', 'web', '--desired-count', '0');
    aws.text('ecs', 'wait', 'services-stable', '--services', 'web');
    assert.equal(aws.json('ecs', 'delete-service', '--service', 'web').service.status, 'DRAINING');
    aws.text('ecs', 'wait', 'services-inactive', '--services', 'web');
  });

  test('task definitions: list, describe, deregister', () => {
    const { taskDefinitionArns } = aws.json(
      'ecs',
      'list-task-definitions',
      '--family-prefix',
      'cli',
      '--page-size',
      '1',
    );
    assert.equal(taskDefinitionArns.length, 3);
    assert.deepEqual(aws.json('ecs', 'list-task-definition-families').families, ['cli']);
    const described = aws.json('ecs', 'describe-task-definition', '--task-definition', 'cli:1', '--include', 'TAGS');
    assert.deepEqual(described.tags, [{ key: 'team', value: 'ships' }]);
    assert.equal(
      aws.json('ecs', 'deregister-task-definition', '--task-definition', 'cli:1').taskDefinition.status,
      'INACTIVE',
    );
    assert.equal(aws.json('ecs', 'list-task-definitions', '--status', 'INACTIVE').taskDefinitionArns.length, 1);
  });

  test('errors are AWS’s own, and the exit code is not zero', () => {
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['ecs', 'list-tasks', ...inCluster], /ClusterNotFoundException.*Cluster not found\./],
      [['ecs', 'run-task', '--task-definition', 'nobody'], /ClientException.*TaskDefinition not found\./],
      [['ecs', 'update-service', '--service', 'nobody', '--desired-count', '1'], /ServiceNotFoundException/],
      [['ecs', 'describe-tasks', '--tasks', 'x'.repeat(300)], /InvalidParameterException/],
      [
        ['logs', 'get-log-events', '--log-group-name', '/nobody', '--log-stream-name', 'x'],
        /ResourceNotFoundException/,
      ],
    ];
    for (const [argv, expected] of cases) {
      const { status, stderr } = aws.fail(...argv);
      assert.notEqual(status, 0, argv.join(' '));
      assert.match(stderr, expected);
    }
  });
}
