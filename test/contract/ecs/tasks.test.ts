import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  CreateClusterCommand,
  DeregisterTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListTasksCommand,
  paginateListTasks,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  type RunTaskCommandInput,
  StartTaskCommand,
  StopTaskCommand,
  UpdateContainerInstancesStateCommand,
  waitUntilTasksRunning,
  waitUntilTasksStopped,
} from '@aws-sdk/client-ecs';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { agentResources, registerInstance } from '../../support/instances.ts';
import { connect, type QuickAgents, reportTask, startQuickAgents } from '../../support/quick-agents.ts';

let plane: TestControlPlane;
let ecs: ECSClient;
let agents: QuickAgents;
const arns: Record<string, string> = {};
const waiter = () => ({ client: ecs, maxWaitTime: 10, minDelay: 1, maxDelay: 1 });

before(async () => {
  plane = await startTestControlPlane();
  ecs = plane.ecs();
  agents = startQuickAgents(plane.store);
  for (const clusterName of ['default', 'small', 'empty', 'lonely'])
    await ecs.send(new CreateClusterCommand({ clusterName }));
  for (const cluster of ['default', 'small', 'lonely']) {
    const totalResources = cluster === 'small' ? agentResources(1024, 200) : agentResources();
    arns[cluster] = (await registerInstance(ecs, { cluster, totalResources })).containerInstanceArn!;
    if (cluster !== 'lonely') connect(plane.store, arns[cluster]);
  }
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'web',
      containerDefinitions: [
        { name: 'app', image: 'app', cpu: 64, memory: 64, portMappings: [{ containerPort: 80 }] },
        { name: 'side', image: 'side', cpu: 32, memory: 64, memoryReservation: 32, essential: false },
      ],
      tags: [{ key: 'from', value: 'definition' }],
    }),
  );
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'fixed',
      containerDefinitions: [
        { name: 'app', image: 'app', memory: 16, portMappings: [{ containerPort: 80, hostPort: 8080 }] },
      ],
    }),
  );
});
after(async () => {
  agents.close();
  await plane.close();
});

const run = (input: Partial<RunTaskCommandInput> = {}) =>
  ecs.send(new RunTaskCommand({ taskDefinition: 'web', ...input }));
const refused = (input: Partial<RunTaskCommandInput>, name: string, message: RegExp | string) =>
  assert.rejects(run(input), { name, message });

describe('RunTask', () => {
  it('answers a task as ECS does, which then runs and stops', async () => {
    const { tasks, failures } = await run({ startedBy: 'me' });
    assert.deepEqual(failures, []);
    const [task] = tasks!;
    assert.match(task!.taskArn!, /^arn:aws:ecs:us-east-1:123456789012:task\/default\/[0-9a-f]{32}$/);
    assert.equal(task!.lastStatus, 'PENDING');
    assert.equal(task!.desiredStatus, 'RUNNING');
    assert.equal(task!.launchType, 'EC2');
    assert.equal(task!.group, 'family:web');
    assert.equal(task!.startedBy, 'me');
    assert.equal(task!.version, 1);
    assert.deepEqual([task!.cpu, task!.memory], ['96', '96']);
    assert.equal(task!.containerInstanceArn, arns['default']);
    assert.equal(task!.availabilityZone, 'us-east-1a');
    assert.deepEqual(task!.attributes, [{ name: 'ecs.cpu-architecture', value: 'x86_64' }]);
    assert.deepEqual(task!.overrides, {
      containerOverrides: [{ name: 'app' }, { name: 'side' }],
      inferenceAcceleratorOverrides: [],
    });
    assert.ok(task!.createdAt instanceof Date);
    assert.equal('startedAt' in task!, false);
    const [app] = task!.containers!;
    assert.deepEqual(
      [app!.name, app!.image, app!.lastStatus, app!.healthStatus, app!.cpu, app!.memory],
      ['app', 'app', 'PENDING', 'UNKNOWN', '64', '64'],
    );
    await waitUntilTasksRunning(waiter(), { tasks: [task!.taskArn!] });
    const stopping = await ecs.send(new StopTaskCommand({ task: task!.taskArn!, reason: 'enough' }));
    assert.equal(stopping.task!.desiredStatus, 'STOPPED');
    assert.deepEqual([stopping.task!.stopCode, stopping.task!.stoppedReason], ['UserInitiated', 'enough']);
    await waitUntilTasksStopped(waiter(), { tasks: [task!.taskArn!] });
    const { tasks: described } = await ecs.send(new DescribeTasksCommand({ tasks: [task!.taskArn!] }));
    assert.equal(described![0]!.containers![0]!.exitCode, 143);
    assert.ok(described![0]!.stoppedAt);
  });

  it('applies overrides to what is reserved and answered', async () => {
    const overrides = {
      containerOverrides: [
        { name: 'app', cpu: 128, memory: 100, command: ['x'], environment: [{ name: 'A', value: '1' }] },
      ],
      memory: '0.5 GB',
    };
    const { tasks } = await run({ overrides, group: 'batch' });
    assert.deepEqual([tasks![0]!.cpu, tasks![0]!.memory, tasks![0]!.group], ['160', '512', 'batch']);
    assert.deepEqual(tasks![0]!.overrides!.containerOverrides![0], overrides.containerOverrides[0]);
    assert.equal(tasks![0]!.containers![0]!.memory, '100');
    await ecs.send(new StopTaskCommand({ task: tasks![0]!.taskArn! }));
  });

  it('propagates and manages tags', async () => {
    const { tasks } = await run({
      tags: [{ key: 'own', value: '1' }],
      propagateTags: 'TASK_DEFINITION',
      enableECSManagedTags: true,
    });
    const command = new DescribeTasksCommand({ tasks: [tasks![0]!.taskArn!], include: ['TAGS'] });
    assert.deepEqual((await ecs.send(command)).tasks![0]!.tags, [
      { key: 'from', value: 'definition' },
      { key: 'own', value: '1' },
      { key: 'aws:ecs:clusterName', value: 'default' },
    ]);
    await ecs.send(new StopTaskCommand({ task: tasks![0]!.taskArn! }));
  });

  it('is idempotent by clientToken', async () => {
    const first = await run({ clientToken: 'once' });
    const again = await run({ clientToken: 'once' });
    assert.deepEqual(
      again.tasks!.map((task) => task.taskArn),
      first.tasks!.map((task) => task.taskArn),
    );
    await assert.rejects(run({ clientToken: 'once', count: 2 }), (error: { name: string; resourceIds?: string[] }) => {
      assert.equal(error.name, 'ConflictException');
      assert.deepEqual(error.resourceIds, [first.tasks![0]!.taskArn]);
      return true;
    });
    await ecs.send(new StopTaskCommand({ task: first.tasks![0]!.taskArn! }));
  });

  it('places what fits and says why the rest does not', async () => {
    const { tasks, failures } = await run({ cluster: 'small', count: 10 });
    assert.equal(tasks!.length, 2);
    assert.deepEqual(failures, [{ arn: arns['small'], reason: 'RESOURCE:MEMORY' }]);
    for (const task of tasks!) await ecs.send(new StopTaskCommand({ cluster: 'small', task: task.taskArn! }));
  });

  it('gives a fixed host port once', async () => {
    const { tasks, failures } = await run({ taskDefinition: 'fixed', count: 2 });
    assert.equal(tasks!.length, 1);
    assert.deepEqual(failures, [{ arn: arns['default'], reason: 'RESOURCE:PORTS' }]);
    const second = await run({ taskDefinition: 'fixed' });
    assert.equal(second.failures![0]!.reason, 'RESOURCE:PORTS');
    await ecs.send(new StopTaskCommand({ task: tasks![0]!.taskArn! }));
    await waitUntilTasksStopped(waiter(), { tasks: [tasks![0]!.taskArn!] });
    const third = await run({ taskDefinition: 'fixed' });
    assert.equal(third.tasks!.length, 1);
    await ecs.send(new StopTaskCommand({ task: third.tasks![0]!.taskArn! }));
  });

  it('fails with AGENT where the agent is away, and refuses a cluster without instances', async () => {
    assert.deepEqual((await run({ cluster: 'lonely' })).failures, [{ arn: arns['lonely'], reason: 'AGENT' }]);
    const nothing = 'No Container Instances were found in your cluster.';
    await refused({ cluster: 'empty' }, 'InvalidParameterException', nothing);
  });

  it('obeys constraints', async () => {
    const memberOf = (expression: string) => [{ type: 'memberOf' as const, expression }];
    const placed = await run({ placementConstraints: memberOf('attribute:ecs.os-type == linux') });
    assert.equal(placed.tasks!.length, 1);
    const refusedBy = await run({ placementConstraints: memberOf('attribute:ecs.os-type == windows') });
    assert.equal(refusedBy.failures![0]!.reason, 'MemberOf placement constraint unsatisfied.');
    const distinct = await run({ count: 2, group: 'd', placementConstraints: [{ type: 'distinctInstance' }] });
    assert.deepEqual([distinct.tasks!.length, distinct.failures!.length], [1, 1]);
    await refused({ placementConstraints: memberOf('attribute:') }, 'InvalidParameterException', /Invalid expression/);
  });

  it('refuses bad requests in its own words', async () => {
    await refused({ count: 11 }, 'InvalidParameterException', /count/);
    await refused({ taskDefinition: 'none' }, 'ClientException', 'TaskDefinition not found.');
    await refused({ cluster: 'none' }, 'ClusterNotFoundException', 'Cluster not found.');
    await refused({ group: 'service:web' }, 'InvalidParameterException', /service:web/);
    await refused({ startedBy: 'a b' }, 'InvalidParameterException', /startedBy/);
    await refused({ launchType: 'FARGATE' }, 'ClientException', /FARGATE/);
    await refused({ launchType: 'Fargate' as 'FARGATE' }, 'InvalidParameterException', /^launch type should be one of/);
    await refused(
      { overrides: { containerOverrides: [{ name: 'other' }] } },
      'InvalidParameterException',
      'Override for container named other is not a container in the TaskDefinition.',
    );
    await refused({ placementStrategy: [{ type: 'binpack', field: 'disk' }] }, 'InvalidParameterException', /binpack/);
    await ecs.send(
      new RegisterTaskDefinitionCommand({
        family: 'old',
        containerDefinitions: [{ name: 'a', image: 'a', memory: 8 }],
      }),
    );
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'old:1' }));
    await refused({ taskDefinition: 'old:1' }, 'ClientException', 'TaskDefinition is inactive');
  });

  it('uses EXTERNAL instances where asked', async () => {
    const { tasks } = await run({ launchType: 'EXTERNAL' });
    assert.equal(tasks![0]!.launchType, 'EXTERNAL');
  });
});

describe('StartTask, StopTask, DescribeTasks', () => {
  it('starts on the named instance and says what is missing', async () => {
    const gone = arns['default']!.replace(/[0-9a-f]{32}$/, '0'.repeat(32));
    const command = new StartTaskCommand({ taskDefinition: 'web', containerInstances: [arns['default']!, gone] });
    const { tasks, failures } = await ecs.send(command);
    assert.equal(tasks![0]!.containerInstanceArn, arns['default']);
    assert.deepEqual(failures, [{ arn: gone, reason: 'MISSING' }]);
    const away = new StartTaskCommand({
      cluster: 'lonely',
      taskDefinition: 'web',
      containerInstances: [arns['lonely']!],
    });
    assert.deepEqual((await ecs.send(away)).failures, [{ arn: arns['lonely'], reason: 'AGENT' }]);
    const drain = (status: 'DRAINING' | 'ACTIVE') =>
      ecs.send(
        new UpdateContainerInstancesStateCommand({ cluster: 'lonely', containerInstances: [arns['lonely']!], status }),
      );
    await drain('DRAINING');
    assert.deepEqual((await ecs.send(away)).failures, [{ arn: arns['lonely'], reason: 'DRAINING' }]);
    await drain('ACTIVE');
  });

  it('answers MISSING for tasks that are not there, and refuses to stop them', async () => {
    const id = '0'.repeat(32);
    const { tasks, failures } = await ecs.send(new DescribeTasksCommand({ tasks: [id] }));
    assert.deepEqual(tasks, []);
    assert.deepEqual(failures, [{ arn: `arn:aws:ecs:us-east-1:123456789012:task/default/${id}`, reason: 'MISSING' }]);
    await assert.rejects(ecs.send(new StopTaskCommand({ task: id })), {
      name: 'InvalidParameterException',
      message: 'The referenced task was not found.',
    });
    await assert.rejects(ecs.send(new DescribeTasksCommand({ tasks: [] })), { message: 'Tasks cannot be empty.' });
    await assert.rejects(ecs.send(new DescribeTasksCommand({ cluster: 'none', tasks: [] })), {
      name: 'ClusterNotFoundException',
    });
  });

  it('tells a task that never started from one that exited', async () => {
    agents.hold = true;
    const { tasks } = await run({ count: 2 });
    agents.hold = false;
    const [a, b] = tasks!.map((task) => task.taskArn!);
    const reason = 'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref';
    reportTask(plane.store, a!, 'STOPPED', { reason });
    reportTask(plane.store, b!, 'RUNNING');
    reportTask(plane.store, b!, 'STOPPED', { exitCode: 137 });
    const described = await ecs.send(new DescribeTasksCommand({ tasks: [a!, b!] }));
    const [failed, exited] = described.tasks!;
    assert.deepEqual([failed!.stopCode, failed!.stoppedReason], ['TaskFailedToStart', reason]);
    assert.equal('exitCode' in failed!.containers![0]!, false);
    assert.deepEqual(
      [exited!.stopCode, exited!.stoppedReason, exited!.containers![0]!.exitCode],
      ['EssentialContainerExited', 'Essential container in task exited', 137],
    );
  });
});

describe('ListTasks', () => {
  before(async () => {
    await ecs.send(new CreateClusterCommand({ clusterName: 'listed' }));
    arns['listed'] = (await registerInstance(ecs, { cluster: 'listed' })).containerInstanceArn!;
    connect(plane.store, arns['listed']);
    await run({ cluster: 'listed', count: 7, startedBy: 'lister' });
    const { tasks } = await run({ cluster: 'listed', count: 2, taskDefinition: 'web' });
    await ecs.send(new StopTaskCommand({ cluster: 'listed', task: tasks![0]!.taskArn! }));
    await run({ cluster: 'listed', taskDefinition: 'fixed' });
  });

  const count = async (filter: Omit<ConstructorParameters<typeof ListTasksCommand>[0], 'cluster'>) =>
    (await ecs.send(new ListTasksCommand({ cluster: 'listed', ...filter }))).taskArns!.length;

  it('filters', async () => {
    assert.equal(await count({}), 9);
    assert.equal(await count({ desiredStatus: 'STOPPED' }), 1);
    assert.equal(await count({ desiredStatus: 'PENDING' }), 0);
    assert.equal(await count({ family: 'fixed' }), 1);
    assert.equal(await count({ family: 'web', desiredStatus: 'STOPPED' }), 1);
    assert.equal(await count({ startedBy: 'lister' }), 7);
    assert.equal(await count({ containerInstance: arns['listed']! }), 9);
    assert.equal(await count({ launchType: 'EXTERNAL' }), 0);
  });

  it('pages', async () => {
    const seen: string[] = [];
    let pages = 0;
    for await (const page of paginateListTasks({ client: ecs, pageSize: 4 }, { cluster: 'listed' })) {
      pages += 1;
      seen.push(...page.taskArns!);
    }
    assert.deepEqual([pages, new Set(seen).size], [3, 9]);
  });

  it('refuses what does not go together or is not there', async () => {
    await assert.rejects(count({ startedBy: 'x', family: 'web' }), { name: 'InvalidParameterException' });
    await assert.rejects(count({ serviceName: 'none' }), {
      name: 'ServiceNotFoundException',
      message: 'Service not found.',
    });
    await assert.rejects(count({ nextToken: 'x' }), { name: 'InvalidParameterException' });
    await assert.rejects(count({ maxResults: 101 }), { name: 'InvalidParameterException' });
  });
});
