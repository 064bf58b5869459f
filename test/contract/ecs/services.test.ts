import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  DeleteServiceCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListServicesCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  StopTaskCommand,
  UpdateContainerInstancesStateCommand,
  UpdateServiceCommand,
  type UpdateServiceCommandInput,
  waitUntilServicesInactive,
  waitUntilServicesStable,
} from '@aws-sdk/client-ecs';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { registerInstance } from '../../support/instances.ts';
import { connect, type QuickAgents, reportTask, startQuickAgents, until } from '../../support/quick-agents.ts';

let plane: TestControlPlane;
let ecs: ECSClient;
let agents: QuickAgents;
let instances: string[];
const waiter = () => ({ client: ecs, maxWaitTime: 15, minDelay: 1, maxDelay: 1 });

const define = (family: string, image = 'good', change = {}) =>
  ecs.send(
    new RegisterTaskDefinitionCommand({
      family,
      containerDefinitions: [{ name: 'app', image, cpu: 16, memory: 16, ...change }],
      tags: [{ key: 'from', value: 'definition' }],
    }),
  );

const create = (serviceName: string, input: Partial<CreateServiceCommandInput> = {}) =>
  ecs.send(new CreateServiceCommand({ serviceName, taskDefinition: 'web', desiredCount: 2, ...input }));
const update = (service: string, input: Partial<UpdateServiceCommandInput>) =>
  ecs.send(new UpdateServiceCommand({ service, ...input }));
const remove = (service: string) => ecs.send(new DeleteServiceCommand({ service, force: true }));

async function look(service: string) {
  const { services } = await ecs.send(new DescribeServicesCommand({ services: [service], include: ['TAGS'] }));
  return services![0]!;
}

const stable = (service: string) =>
  until(async () => {
    const seen = await look(service);
    const isStable = seen.deployments!.length === 1 && seen.runningCount === seen.desiredCount;
    return isStable && seen.deployments![0]!.rolloutState === 'COMPLETED' && seen;
  });

async function tasksOf(serviceName: string) {
  const { taskArns } = await ecs.send(new ListTasksCommand({ serviceName }));
  if (taskArns!.length === 0) return [];
  return (await ecs.send(new DescribeTasksCommand({ tasks: taskArns!, include: ['TAGS'] }))).tasks!;
}

before(async () => {
  plane = await startTestControlPlane({ schedulers: { healthyAfterMs: 100 } });
  ecs = plane.ecs();
  agents = startQuickAgents(plane.store);
  agents.onBirth = (image) =>
    image === 'bad' ? { status: 'STOPPED', reason: 'CannotPullContainerError: no such image' } : { status: 'RUNNING' };
  await ecs.send(new CreateClusterCommand({ clusterName: 'default' }));
  instances = [];
  for (let i = 0; i < 3; i++) {
    const { containerInstanceArn } = await registerInstance(ecs);
    connect(plane.store, containerInstanceArn!);
    instances.push(containerInstanceArn!);
  }
  await define('web');
});
after(async () => {
  agents.close();
  await plane.close();
});

describe('a service', () => {
  it('is created, becomes stable, is deleted, and is INACTIVE then', async () => {
    const { service } = await create('life', { tags: [{ key: 'team', value: 'a' }] });
    assert.equal(service!.serviceArn, 'arn:aws:ecs:us-east-1:123456789012:service/default/life');
    assert.equal(service!.status, 'ACTIVE');
    assert.deepEqual([service!.desiredCount, service!.runningCount, service!.pendingCount], [2, 0, 0]);
    assert.deepEqual(service!.deploymentConfiguration, {
      deploymentCircuitBreaker: { enable: false, rollback: false },
      maximumPercent: 200,
      minimumHealthyPercent: 100,
      strategy: 'ROLLING',
      bakeTimeInMinutes: 0,
    });
    assert.equal('networkConfiguration' in service!, false);
    assert.equal(service!.availabilityZoneRebalancing, 'ENABLED');
    assert.deepEqual(service!.deploymentController, { type: 'ECS' });
    assert.equal(service!.deployments![0]!.status, 'PRIMARY');
    assert.match(service!.deployments![0]!.id!, /^ecs-svc\/\d{19}$/);
    await waitUntilServicesStable(waiter(), { services: ['life'] });
    const seen = await stable('life');
    assert.deepEqual(seen.tags, [{ key: 'team', value: 'a' }]);
    assert.match(seen.deployments![0]!.rolloutStateReason!, /^ECS deployment ecs-svc\/\d+ completed\.$/);
    const messages = seen.events!.map((event) => event.message!);
    assert.ok(messages.includes('(service life) has reached a steady state.'), messages.join('\n'));
    assert.match(
      messages.at(-1)!,
      /^\(service life\) has started 2 tasks: \(task [0-9a-f]{32}\) \(task [0-9a-f]{32}\)\.$/,
    );
    const tasks = await tasksOf('life');
    assert.deepEqual(
      tasks.map((task) => [task.group, task.startedBy]),
      tasks.map(() => ['service:life', seen.deployments![0]!.id]),
    );
    assert.equal(new Set(tasks.map((task) => task.containerInstanceArn)).size, 2, 'spread over instances');

    await assert.rejects(ecs.send(new DeleteServiceCommand({ service: 'life' })), {
      name: 'InvalidParameterException',
      message: 'The service cannot be stopped while it is scaled above 0.',
    });
    const deleted = await remove('life');
    assert.equal(deleted.service!.status, 'DRAINING');
    await waitUntilServicesInactive(waiter(), { services: ['life'] });
    const inactive = await look('life');
    assert.deepEqual([inactive.status, inactive.deployments, inactive.runningCount], ['INACTIVE', [], 0]);
    await assert.rejects(update('life', { desiredCount: 1 }), { name: 'ServiceNotActiveException' });
    await assert.rejects(remove('life'), { name: 'ServiceNotFoundException', message: 'Service not found.' });
    const anew = await create('life', { desiredCount: 0 });
    assert.deepEqual([anew.service!.status, anew.service!.events], ['ACTIVE', []]);
    await remove('life');
  });

  it('replaces tasks that end, and goes up and down', async () => {
    await create('heal');
    await stable('heal');
    const [first, second] = await tasksOf('heal');
    reportTask(plane.store, first!.taskArn!, 'STOPPED', { exitCode: 1 });
    await ecs.send(new StopTaskCommand({ task: second!.taskArn! }));
    await until(async () => {
      const now = await tasksOf('heal');
      const fresh = now.filter((task) => task.taskArn !== first!.taskArn && task.taskArn !== second!.taskArn);
      return fresh.length === 2 && fresh.every((task) => task.lastStatus === 'RUNNING');
    });
    await update('heal', { desiredCount: 5 });
    assert.equal((await stable('heal')).runningCount, 5);
    await update('heal', { desiredCount: 1 });
    const scaled = await stable('heal');
    assert.equal(scaled.deployments!.length, 1);
    assert.ok(scaled.events!.some((event) => /has stopped 4 running tasks: /.test(event.message!)));
    const stopped = await ecs.send(new ListTasksCommand({ serviceName: 'heal', desiredStatus: 'STOPPED' }));
    const described = await ecs.send(new DescribeTasksCommand({ tasks: stopped.taskArns! }));
    const scheduler = described.tasks!.filter((task) => task.stopCode === 'ServiceSchedulerInitiated');
    assert.equal(scheduler.length, 4);
    assert.match(scheduler[0]!.stoppedReason!, /^Scaling activity initiated by \(deployment ecs-svc\/\d+\)$/);
    await remove('heal');
  });

  it('rolls to a new revision and leaves the old deployment behind', async () => {
    await define('roll');
    await create('roll', { taskDefinition: 'roll', propagateTags: 'TASK_DEFINITION', enableECSManagedTags: true });
    await stable('roll');
    await define('roll', 'better');
    const { service } = await update('roll', { taskDefinition: 'roll' });
    assert.deepEqual(
      service!.deployments!.map((deployment) => deployment.status),
      ['PRIMARY', 'ACTIVE'],
    );
    const done = await stable('roll');
    assert.match(done.taskDefinition!, /roll:2$/);
    const tasks = await tasksOf('roll');
    assert.ok(tasks.every((task) => task.taskDefinitionArn!.endsWith('roll:2')));
    assert.deepEqual(tasks[0]!.tags, [
      { key: 'from', value: 'definition' },
      { key: 'aws:ecs:clusterName', value: 'default' },
      { key: 'aws:ecs:serviceName', value: 'roll' },
    ]);
    const before = new Set(tasks.map((task) => task.taskArn));
    await update('roll', { forceNewDeployment: true });
    await stable('roll');
    assert.ok((await tasksOf('roll')).every((task) => !before.has(task.taskArn)));
    await remove('roll');
  });

  it('keeps the old tasks while the new ones fail, and says so', async () => {
    await define('fail');
    await create('fail', { taskDefinition: 'fail' });
    await stable('fail');
    await define('fail', 'bad');
    await update('fail', { taskDefinition: 'fail' });
    const seen = await until(async () => {
      const now = await look('fail');
      return now.deployments![0]!.failedTasks! >= 2 && now;
    });
    assert.equal(seen.runningCount, 2);
    assert.equal(seen.deployments![0]!.rolloutState, 'IN_PROGRESS');
    await remove('fail');
  });

  it('trips its circuit breaker and rolls back', async () => {
    await define('breaker');
    await create('breaker', {
      taskDefinition: 'breaker',
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
    });
    await stable('breaker');
    await define('breaker', 'bad');
    await update('breaker', { taskDefinition: 'breaker' });
    const back = await until(async () => {
      const now = await look('breaker');
      return /breaker:1$/.test(now.taskDefinition!) && now;
    });
    assert.ok(back.events!.some((event) => /deployment failed: tasks failed to start\.$/.test(event.message!)));
    assert.equal((await stable('breaker')).runningCount, 2);
    await remove('breaker');
  });

  it('says why a task cannot be placed', async () => {
    await define('huge', 'good', { memory: 100_000 });
    await create('huge', { taskDefinition: 'huge', desiredCount: 1 });
    const seen = await until(async () => {
      const now = await look('huge');
      return now.events!.length > 0 && now;
    });
    assert.match(
      seen.events![0]!.message!,
      /^\(service huge\) was unable to place a task because no container instance met all of its requirements\. The closest matching \(container-instance [0-9a-f]{32}\) has insufficient memory available\. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide\.$/,
    );
    await remove('huge');
  });

  it('leaves a draining instance', async () => {
    await create('drain', { desiredCount: 3 });
    await stable('drain');
    const states = (status: 'DRAINING' | 'ACTIVE') =>
      ecs.send(new UpdateContainerInstancesStateCommand({ containerInstances: [instances[0]!], status }));
    await states('DRAINING');
    await until(async () => {
      const tasks = await tasksOf('drain');
      const running = tasks.filter((task) => task.lastStatus === 'RUNNING');
      return running.length === 3 && tasks.every((task) => task.containerInstanceArn !== instances[0]);
    });
    await states('ACTIVE');
    await remove('drain');
  });
});

describe('the service operations', () => {
  it('are idempotent only as far as ECS is', async () => {
    await create('twice', { desiredCount: 0, clientToken: 'token' });
    await create('twice', { desiredCount: 0, clientToken: 'token' });
    const message = 'Creation of service was not idempotent.';
    await assert.rejects(create('twice', { desiredCount: 1 }), { name: 'InvalidParameterException', message });
    await assert.rejects(create('twice', { desiredCount: 1, clientToken: 'token' }), { message });
  });

  it('refuse what ECS refuses', async () => {
    const invalid = { name: 'InvalidParameterException' };
    await assert.rejects(create('bad name'), invalid);
    await assert.rejects(create('x', { taskDefinition: 'none' }), {
      name: 'ClientException',
      message: 'TaskDefinition not found.',
    });
    await assert.rejects(create('x', { cluster: 'none' }), { name: 'ClusterNotFoundException' });
    const words: [Partial<CreateServiceCommandInput>, string][] = [
      [{ desiredCount: -1 }, 'DesiredCount can not be lesser than 0'],
      [{ desiredCount: undefined }, 'DesiredCount is missing'],
      [{ launchType: 'X' as 'EC2' }, 'launch type should be one of [EC2,FARGATE,EXTERNAL,FMI,MANAGED_INSTANCES]'],
      [{ schedulingStrategy: 'X' as 'DAEMON' }, 'Scheduling strategy should be one of [REPLICA,DAEMON]'],
    ];
    for (const [input, message] of words) await assert.rejects(create('x', input), { ...invalid, message });
    const both = { minimumHealthyPercent: 100, maximumPercent: 100 };
    await assert.rejects(create('x', { deploymentConfiguration: both }), /will block deployments/);
    await assert.rejects(update('none', { desiredCount: 1 }), {
      name: 'ServiceNotFoundException',
      message: 'Service not found.',
    });
    await assert.rejects(ecs.send(new DescribeServicesCommand({ services: [] })), {
      message: 'Services cannot be empty.',
    });
  });

  it('refuse what is not served yet, and never ignore it', async () => {
    const cases: Partial<CreateServiceCommandInput>[] = [
      { deploymentController: { type: 'CODE_DEPLOY' } },
      { loadBalancers: [{ targetGroupArn: 'x', containerName: 'app', containerPort: 80 }] },
      { serviceRegistries: [{ registryArn: 'x' }] },
      { capacityProviderStrategy: [{ capacityProvider: 'x' }] },
      { deploymentConfiguration: { strategy: 'BLUE_GREEN' } },
      { deploymentConfiguration: { alarms: { alarmNames: ['x'], enable: true, rollback: false } } },
      { enableExecuteCommand: true },
    ];
    for (const input of cases) {
      await assert.rejects(create('x', input), {
        name: 'InvalidParameterException',
        message: /not supported here yet/,
      });
    }
    await assert.rejects(create('x', { launchType: 'FARGATE' }), { name: 'ClientException' });
  });

  it('describe and list', async () => {
    const { failures } = await ecs.send(new DescribeServicesCommand({ services: ['none'] }));
    const arn = 'arn:aws:ecs:us-east-1:123456789012:service/default/none';
    assert.deepEqual(failures, [{ arn, reason: 'MISSING' }]);
    await ecs.send(new CreateClusterCommand({ clusterName: 'listed' }));
    for (let i = 0; i < 12; i++) await create(`s${i}`, { cluster: 'listed', desiredCount: 0 });
    const first = await ecs.send(new ListServicesCommand({ cluster: 'listed' }));
    assert.equal(first.serviceArns!.length, 10);
    const rest = await ecs.send(new ListServicesCommand({ cluster: 'listed', nextToken: first.nextToken }));
    assert.deepEqual([rest.serviceArns!.length, rest.nextToken], [2, undefined]);
    const external = new ListServicesCommand({ cluster: 'listed', launchType: 'EXTERNAL' });
    assert.deepEqual((await ecs.send(external)).serviceArns, []);
  });
});
