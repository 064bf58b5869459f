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
  PutAttributesCommand,
  RegisterTaskDefinitionCommand,
  StopTaskCommand,
  UpdateContainerInstancesStateCommand,
  UpdateServiceCommand,
  waitUntilServicesInactive,
} from '@aws-sdk/client-ecs';
import { tasks as taskTable } from '#store/tables/ecs.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { agentResources, registerInstance } from '../../support/instances.ts';
import { connect, type QuickAgents, reportTask, startQuickAgents, until } from '../../support/quick-agents.ts';

let plane: TestControlPlane;
let ecs: ECSClient;
let agents: QuickAgents;

const define = (family: string, memory = 16) =>
  ecs.send(
    new RegisterTaskDefinitionCommand({
      family,
      containerDefinitions: [{ name: 'app', image: 'good', cpu: 16, memory }],
    }),
  );

/** A cluster of its own with `count` connected instances. */
async function newCluster(cluster: string, count: number): Promise<string[]> {
  await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
  const arns: string[] = [];
  for (let i = 0; i < count; i++) arns.push(await addInstance(cluster));
  return arns;
}

async function addInstance(cluster: string, memoryMiB?: number): Promise<string> {
  const { containerInstanceArn } = await registerInstance(ecs, {
    cluster,
    ...(memoryMiB !== undefined && { totalResources: agentResources(2048, memoryMiB) }),
  });
  connect(plane.store, containerInstanceArn!);
  return containerInstanceArn!;
}

const create = (cluster: string, input: Partial<CreateServiceCommandInput> = {}) =>
  ecs.send(
    new CreateServiceCommand({
      cluster,
      serviceName: 'daemon',
      taskDefinition: 'agent',
      schedulingStrategy: 'DAEMON',
      ...input,
    }),
  );

async function look(cluster: string) {
  const { services } = await ecs.send(new DescribeServicesCommand({ cluster, services: ['daemon'] }));
  return services![0]!;
}

async function tasksOf(cluster: string, serviceName = 'daemon') {
  const { taskArns } = await ecs.send(new ListTasksCommand({ cluster, serviceName }));
  if (taskArns!.length === 0) return [];
  return (await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns! }))).tasks!;
}

const stable = (cluster: string, count: number) =>
  until(async () => {
    const seen = await look(cluster);
    const [primary, ...others] = seen.deployments!;
    const counts = [seen.desiredCount, seen.runningCount, primary!.desiredCount, primary!.runningCount];
    const isStable = counts.every((one) => one === count) && seen.pendingCount === 0 && others.length === 0;
    return isStable && primary!.rolloutState === 'COMPLETED' && seen;
  });

before(async () => {
  plane = await startTestControlPlane();
  ecs = plane.ecs();
  agents = startQuickAgents(plane.store);
  await ecs.send(new CreateClusterCommand({ clusterName: 'default' }));
  await define('agent');
});
after(async () => {
  agents.close();
  await plane.close();
});

describe('a DAEMON service', () => {
  it('has one task on every instance, new ones included, and goes without being scaled down', async () => {
    const instances = await newCluster('grow', 3);
    const { service } = await create('grow');
    assert.equal(service!.schedulingStrategy, 'DAEMON');
    assert.deepEqual(
      [service!.deploymentConfiguration!.minimumHealthyPercent, service!.deploymentConfiguration!.maximumPercent],
      [0, 100],
    );
    assert.equal(service!.availabilityZoneRebalancing, 'DISABLED');
    const seen = await stable('grow', 3);
    assert.ok(seen.events!.some(({ message }) => message === '(service daemon) has reached a steady state.'));
    const on = async () => (await tasksOf('grow')).map((task) => task.containerInstanceArn!).sort();
    assert.deepEqual(await on(), [...instances].sort());
    assert.equal((await tasksOf('grow'))[0]!.group, 'service:daemon');
    instances.push(await addInstance('grow'));
    await stable('grow', 4);
    assert.deepEqual(await on(), [...instances].sort());
    const listed = await ecs.send(new ListServicesCommand({ cluster: 'grow', schedulingStrategy: 'DAEMON' }));
    assert.equal(listed.serviceArns!.length, 1);
    await ecs.send(new DeleteServiceCommand({ cluster: 'grow', service: 'daemon' }));
    await waitUntilServicesInactive(
      { client: ecs, maxWaitTime: 15, minDelay: 1, maxDelay: 1 },
      { cluster: 'grow', services: ['daemon'] },
    );
  });

  it('replaces a task that ends, on the same instance', async () => {
    await newCluster('heal', 2);
    await create('heal');
    await stable('heal', 2);
    const [first, second] = await tasksOf('heal');
    reportTask(plane.store, first!.taskArn!, 'STOPPED', { exitCode: 1 });
    await ecs.send(new StopTaskCommand({ cluster: 'heal', task: second!.taskArn! }));
    await until(async () => {
      const now = await tasksOf('heal');
      const fresh = now.filter(({ taskArn }) => taskArn !== first!.taskArn && taskArn !== second!.taskArn);
      return fresh.length === 2 && fresh.every((task) => task.lastStatus === 'RUNNING');
    });
    const instances = (await tasksOf('heal')).map((task) => task.containerInstanceArn);
    assert.equal(new Set(instances).size, 2);
  });

  it('follows its placement constraints, also when they or the attributes change', async () => {
    const [one, two] = await newCluster('choosy', 2);
    const put = (target: string, value: string) =>
      ecs.send(
        new PutAttributesCommand({
          cluster: 'choosy',
          attributes: [{ name: 'stack', value, targetType: 'container-instance', targetId: target }],
        }),
      );
    await put(one!, 'a');
    const only = (value: string) => [{ type: 'memberOf' as const, expression: `attribute:stack == ${value}` }];
    await create('choosy', { placementConstraints: only('a') });
    await stable('choosy', 1);
    assert.equal((await tasksOf('choosy'))[0]!.containerInstanceArn, one);
    await put(two!, 'a');
    await stable('choosy', 2);
    await ecs.send(new UpdateServiceCommand({ cluster: 'choosy', service: 'daemon', placementConstraints: only('b') }));
    await stable('choosy', 0);
    await put(one!, 'b');
    await stable('choosy', 1);
  });

  it('rolls within minimumHealthyPercent, one task an instance', async () => {
    await newCluster('roll', 4);
    await define('rolled');
    await create('roll', {
      taskDefinition: 'rolled',
      deploymentConfiguration: { minimumHealthyPercent: 75, maximumPercent: 100 },
    });
    await stable('roll', 4);
    let fewest = 4;
    const { serviceArn } = await look('roll');
    const unsubscribe = plane.store.subscribe('committed', () => {
      const live = [...plane.store.find(taskTable, 'liveByService', serviceArn!)];
      const serving = live.filter((task) => task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING');
      fewest = Math.min(fewest, serving.length);
      assert.equal(new Set(live.map((task) => task.containerInstanceArn)).size, live.length, 'two on one instance');
    });
    const { taskDefinition } = await define('rolled');
    await ecs.send(new UpdateServiceCommand({ cluster: 'roll', service: 'daemon', taskDefinition: 'rolled' }));
    await stable('roll', 4);
    unsubscribe();
    assert.equal(fewest, 3);
    assert.ok(
      (await tasksOf('roll')).every(({ taskDefinitionArn }) => taskDefinitionArn === taskDefinition!.taskDefinitionArn),
    );
  });

  it('is rolled back by its circuit breaker', async () => {
    await newCluster('breaker', 3);
    const { taskDefinition: good } = await define('breaking');
    const deploymentCircuitBreaker = { enable: true, rollback: true };
    await create('breaker', { taskDefinition: 'breaking', deploymentConfiguration: { deploymentCircuitBreaker } });
    await stable('breaker', 3);
    agents.onBirth = (image) =>
      image === 'bad' ? { status: 'STOPPED', reason: 'CannotPullContainerError' } : { status: 'RUNNING' };
    const containerDefinitions = [{ name: 'app', image: 'bad', cpu: 16, memory: 16 }];
    await ecs.send(new RegisterTaskDefinitionCommand({ family: 'breaking', containerDefinitions }));
    await ecs.send(new UpdateServiceCommand({ cluster: 'breaker', service: 'daemon', taskDefinition: 'breaking' }));
    await until(async () =>
      (await look('breaker')).events!.some(({ message }) => message!.includes('rolling back to deployment')),
    );
    const seen = await stable('breaker', 3);
    assert.equal(seen.taskDefinition, good!.taskDefinitionArn);
  });

  it('says which instance has no room, and tries again when there is some', async () => {
    await newCluster('full', 1);
    await define('greedy', 4000);
    await ecs.send(
      new CreateServiceCommand({ cluster: 'full', serviceName: 'web', taskDefinition: 'greedy', desiredCount: 1 }),
    );
    await until(async () => (await tasksOf('full', 'web')).some((task) => task.lastStatus === 'RUNNING'));
    await define('wide', 200);
    await create('full', { taskDefinition: 'wide' });
    const seen = await until(async () => {
      const service = await look('full');
      return service.events!.length > 0 && service;
    });
    assert.equal(seen.desiredCount, 1);
    assert.match(
      seen.events![0]!.message!,
      /^\(service daemon\) was unable to place a task because no container instance met all of its requirements\. The closest matching \(container-instance [0-9a-f]{32}\) has insufficient memory available\./,
    );
    await ecs.send(new UpdateServiceCommand({ cluster: 'full', service: 'web', desiredCount: 0 }));
    await stable('full', 1);
  });

  it('is the last to leave a draining instance', async () => {
    const [only] = await newCluster('drain', 1);
    await create('drain');
    await ecs.send(
      new CreateServiceCommand({ cluster: 'drain', serviceName: 'web', taskDefinition: 'agent', desiredCount: 1 }),
    );
    await stable('drain', 1);
    const [web] = await until(async () => {
      const found = await tasksOf('drain', 'web');
      return found[0]?.lastStatus === 'RUNNING' && found;
    });
    const drain = (status: 'DRAINING' | 'ACTIVE') =>
      ecs.send(new UpdateContainerInstancesStateCommand({ cluster: 'drain', containerInstances: [only!], status }));
    await drain('DRAINING');
    await until(async () => (await look('drain')).desiredCount === 0);
    assert.equal((await tasksOf('drain'))[0]!.desiredStatus, 'RUNNING');
    await ecs.send(new StopTaskCommand({ cluster: 'drain', task: web!.taskArn! }));
    await until(async () => (await tasksOf('drain')).length === 0);
    await drain('ACTIVE');
    await stable('drain', 1);
  });

  it("refuses what a daemon does not have, in AWS's words", async () => {
    const refused = (input: Partial<CreateServiceCommandInput>, message: RegExp) =>
      assert.rejects(create('default', input), { name: 'InvalidParameterException', message });
    const count =
      /^The daemon scheduling strategy does not support a desired count for services\. Remove the desired count/;
    await refused({ desiredCount: 1 }, count);
    await refused({ placementStrategy: [{ type: 'random' }] }, /does not support placement strategies\. Remove/);
    await refused(
      { deploymentConfiguration: { maximumPercent: 200 } },
      /does not support values above 100 for maximum/,
    );
    await refused({ launchType: 'FARGATE' }, /FARGATE/);
    await refused({ availabilityZoneRebalancing: 'ENABLED' }, /DAEMON/);
    await create('default');
    const update = new UpdateServiceCommand({ service: 'daemon', desiredCount: 1 });
    await assert.rejects(ecs.send(update), { name: 'InvalidParameterException', message: count });
  });
});
