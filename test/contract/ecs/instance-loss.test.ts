/** What becomes of tasks when instances drain, are lost, come back, say nothing, or when zones differ. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  DescribeServicesCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  UpdateContainerInstancesStateCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import type { ContainerInstanceRow } from '#model/rows.ts';
import type { SchedulerSettings } from '#reconcilers/settings.ts';
import { containerInstances, services, tasks as taskTable } from '#store/tables/ecs.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { agentAttributes, registerInstance } from '../../support/instances.ts';
import { connect, type QuickAgents, startQuickAgents, until } from '../../support/quick-agents.ts';

let plane: TestControlPlane;
let ecs: ECSClient;
let agents: QuickAgents;

async function start(schedulers: Partial<SchedulerSettings>) {
  plane = await startTestControlPlane({ schedulers });
  ecs = plane.ecs();
  agents = startQuickAgents(plane.store);
  await ecs.send(new CreateClusterCommand({ clusterName: 'default' }));
  const containerDefinitions = [{ name: 'app', image: 'good', cpu: 16, memory: 16 }];
  await ecs.send(new RegisterTaskDefinitionCommand({ family: 'web', containerDefinitions }));
}
async function addInstance(zone: string): Promise<string> {
  const attributes = [...agentAttributes, { name: 'ecs.availability-zone', value: zone }];
  const { containerInstanceArn } = await registerInstance(ecs, { attributes });
  connect(plane.store, containerInstanceArn!);
  return containerInstanceArn!;
}
const update = (arn: string, change: Partial<ContainerInstanceRow>) =>
  plane.store.transact((tx) => tx.update(containerInstances, arn, (row) => ({ ...row, ...change })));
const setConnected = (arn: string, agentConnected: boolean) =>
  update(arn, { agentConnected, agentConnectionChangedAt: Date.now() });
const create = (input: Partial<CreateServiceCommandInput> = {}) =>
  ecs.send(new CreateServiceCommand({ serviceName: 'web', taskDefinition: 'web', desiredCount: 2, ...input }));
async function look() {
  return (await ecs.send(new DescribeServicesCommand({ services: ['web'] }))).services![0]!;
}
async function tasksOf() {
  const { taskArns } = await ecs.send(new ListTasksCommand({ serviceName: 'web' }));
  if (taskArns!.length === 0) return [];
  return (await ecs.send(new DescribeTasksCommand({ tasks: taskArns! }))).tasks!;
}
/** The service's tasks once `count` of them run and nothing else is going on. */
const settled = (count: number) =>
  until(async () => {
    const seen = await tasksOf();
    const { deployments } = await look();
    const isSettled = seen.length === count && seen.every((task) => task.lastStatus === 'RUNNING');
    return isSettled && deployments!.length === 1 && deployments![0]!.rolloutState === 'COMPLETED' && seen;
  });
const messages = async () => (await look()).events!.map((event) => event.message!);

afterEach(async () => {
  agents.close();
  await plane.close();
});

describe('a lost instance', () => {
  let first: string;
  let second: string;
  beforeEach(async () => {
    await start({ instanceLossMs: 150 });
    first = await addInstance('us-east-1a');
    second = await addInstance('us-east-1a');
  });

  it('has its tasks replaced, and they are never counted twice, not even when it is back', async () => {
    await create();
    await settled(2);
    const lost = (await tasksOf()).find((task) => task.containerInstanceArn === first)!;
    setConnected(first, false);
    const moved = await until(async () => {
      const seen = await settled(2);
      return seen.every((task) => task.containerInstanceArn === second) && seen;
    });
    const { tasks } = await ecs.send(new DescribeTasksCommand({ tasks: [lost.taskArn!] }));
    assert.deepEqual([tasks![0]!.lastStatus, tasks![0]!.desiredStatus], ['STOPPED', 'STOPPED']);
    assert.match(tasks![0]!.stoppedReason!, /^Container instance lost/);
    assert.equal((await look()).runningCount, 2);
    setConnected(first, true);
    await until(() => plane.store.get(containerInstances, first)!.lostAt === undefined);
    assert.deepEqual((await settled(2)).map((task) => task.taskArn).sort(), moved.map((task) => task.taskArn).sort());
  });

  it('that is back in time, or whose tasks find no other place, keeps them', async () => {
    await create({ placementConstraints: [{ type: 'distinctInstance' }] });
    const before = (await settled(2)).map((task) => task.taskArn).sort();
    setConnected(first, false);
    await until(() => plane.store.get(containerInstances, first)!.lostAt !== undefined);
    await until(async () => (await messages()).some((message) => message.includes('unable to place a task')));
    setConnected(first, true);
    const after = await settled(2);
    assert.deepEqual(after.map((task) => task.taskArn).sort(), before);
  });

  it('keeps the tasks that no service started', async () => {
    const { tasks } = await ecs.send(new RunTaskCommand({ taskDefinition: 'web', count: 2 }));
    const arns = tasks!.map((task) => task.taskArn!);
    const all = async () => (await ecs.send(new DescribeTasksCommand({ tasks: arns }))).tasks!;
    await until(async () => (await all()).every((task) => task.lastStatus === 'RUNNING'));
    setConnected(first, false);
    await until(() => plane.store.get(containerInstances, first)!.lostAt !== undefined);
    assert.ok((await all()).every((task) => task.lastStatus === 'RUNNING'));
  });
});

describe('a draining instance', () => {
  it('gives up service tasks within the percentages and lets standalone tasks finish', async () => {
    await start({});
    const first = await addInstance('us-east-1a');
    const alone = await ecs.send(new RunTaskCommand({ taskDefinition: 'web' }));
    const second = await addInstance('us-east-1a');
    await create();
    await settled(2);
    let least = 2;
    const unsubscribe = plane.store.subscribe('committed', () => {
      const row = [...plane.store.all(services)].find(({ name }) => name === 'web')!;
      least = Math.min(least, plane.store.sum(taskTable, 'byService', row.arn)['running']!);
    });
    await ecs.send(new UpdateContainerInstancesStateCommand({ containerInstances: [first], status: 'DRAINING' }));
    await until(async () => (await settled(2)).every((task) => task.containerInstanceArn === second));
    unsubscribe();
    assert.equal(least, 2, 'minimumHealthyPercent 100 holds while it drains');
    const { tasks } = await ecs.send(new DescribeTasksCommand({ tasks: [alone.tasks![0]!.taskArn!] }));
    assert.deepEqual([tasks![0]!.lastStatus, tasks![0]!.desiredStatus], ['RUNNING', 'RUNNING']);
  });
});

describe('a task that its agent never reports on', () => {
  it('is given up with a reason and replaced on another instance', async () => {
    await start({ pendingTimeoutMs: 1500 });
    const first = await addInstance('us-east-1a');
    agents.hold = true;
    await create({ desiredCount: 1 });
    const stuck = await until(async () => (await tasksOf())[0]);
    assert.equal(stuck.containerInstanceArn, first);
    const second = await addInstance('us-east-1a');
    await until(async () => {
      const { tasks } = await ecs.send(new DescribeTasksCommand({ tasks: [stuck.taskArn!] }));
      return tasks![0]!.desiredStatus === 'STOPPED' && tasks![0]!.stopCode === 'TaskFailedToStart';
    });
    const replacement = await until(async () => (await tasksOf()).find((task) => task.desiredStatus === 'RUNNING'));
    assert.equal(replacement.containerInstanceArn, second);
    const { tasks } = await ecs.send(new DescribeTasksCommand({ tasks: [stuck.taskArn!] }));
    assert.match(tasks![0]!.stoppedReason!, /its agent has not reported on it for 2 seconds/);
  });
});

describe('Availability Zone rebalancing', () => {
  it('moves tasks to a zone that has become available, starting before it stops', async () => {
    await start({});
    await addInstance('us-east-1a');
    await create({ desiredCount: 4 });
    await settled(4);
    await addInstance('us-east-1b');
    await until(async () => {
      const zones = (await settled(4)).map((task) => task.availabilityZone);
      return zones.filter((zone) => zone === 'us-east-1b').length === 2;
    });
    const all = await messages();
    const said = (pattern: RegExp) =>
      assert.ok(
        all.some((message) => pattern.test(message)),
        all.join('\n'),
      );
    said(
      /^\(service web\) is not AZ balanced with 4 tasks in us-east-1a, 0 tasks in us-east-1b\. AZ Rebalancing in progress\.$/,
    );
    said(/^\(service web\) has started 2 tasks in us-east-1b to AZ Rebalance: \(task \w+\) \(task \w+\)\.$/);
    said(/^\(service web\) has stopped \d running tasks in us-east-1a due to AZ rebalancing: \(task \w+\)/);
    said(/^\(service web\) is AZ balanced with 2 tasks in us-east-1a, 2 tasks in us-east-1b\.$/);
  });

  it('is refused where it cannot work, and off by default there', async () => {
    await start({});
    const enabled = { availabilityZoneRebalancing: 'ENABLED', desiredCount: 0 } as const;
    const refused = async (input: Partial<CreateServiceCommandInput>, what: string) => {
      const message = `AvailabilityZoneRebalancing does not support ${what}`;
      await assert.rejects(create({ ...enabled, ...input }), { name: 'InvalidParameterException', message });
    };
    const replacing = { deploymentConfiguration: { minimumHealthyPercent: 0, maximumPercent: 100 } };
    await refused(replacing, 'maximumPercent <= 100');
    await refused({ launchType: 'EXTERNAL' }, 'the EXTERNAL launch type');
    const packed = { placementStrategy: [{ type: 'binpack', field: 'cpu' }] } as const;
    await refused(
      { placementStrategy: [...packed.placementStrategy] },
      'placement strategies that do not begin with spread over attribute:ecs.availability-zone',
    );
    const expression = 'attribute:ecs.availability-zone == us-east-1a';
    await refused(
      { placementConstraints: [{ type: 'memberOf', expression }] },
      'placement constraints on attribute:ecs.availability-zone',
    );
    const { service } = await create({ desiredCount: 0, ...replacing });
    assert.equal(service!.availabilityZoneRebalancing, 'DISABLED');
    const enable = new UpdateServiceCommand({ service: 'web', availabilityZoneRebalancing: 'ENABLED' });
    await assert.rejects(ecs.send(enable), {
      message: 'AvailabilityZoneRebalancing does not support maximumPercent <= 100',
    });
  });
});
