import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  type ECSClient,
  GetTaskProtectionCommand,
  ListServicesByNamespaceCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  UpdateServiceCommand,
  UpdateTaskProtectionCommand,
} from '@aws-sdk/client-ecs';
import { systemClock } from '#lib/clock.ts';
import type { ServiceArn } from '#model/arn.ts';
import { services } from '#store/tables/ecs.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { registerInstance } from '../../support/instances.ts';
import { connect, type QuickAgents, startQuickAgents, until } from '../../support/quick-agents.ts';

let plane: TestControlPlane;
let ecs: ECSClient;
let agents: QuickAgents;
/** Time that the control plane is ahead of the clients: within what a signature may differ. */
let aheadMs = 0;

before(async () => {
  plane = await startTestControlPlane({ clock: { ...systemClock, now: () => systemClock.now() + aheadMs } });
  ecs = plane.ecs();
  agents = startQuickAgents(plane.store);
  await ecs.send(new CreateClusterCommand({ clusterName: 'default' }));
  const { containerInstanceArn } = await registerInstance(ecs);
  connect(plane.store, containerInstanceArn!);
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'web',
      containerDefinitions: [{ name: 'app', image: 'good', cpu: 16, memory: 16 }],
    }),
  );
});
after(async () => {
  agents.close();
  await plane.close();
});

const protect = (tasks: string[], protectionEnabled = true, expiresInMinutes?: number) =>
  ecs.send(
    new UpdateTaskProtectionCommand({
      cluster: 'default',
      tasks,
      protectionEnabled,
      ...(expiresInMinutes !== undefined && { expiresInMinutes }),
    }),
  );
const read = (tasks: string[]) => ecs.send(new GetTaskProtectionCommand({ cluster: 'default', tasks }));
const running = async (serviceName: string) => (await ecs.send(new ListTasksCommand({ serviceName }))).taskArns!;
const update = (service: string, desiredCount: number) => ecs.send(new UpdateServiceCommand({ service, desiredCount }));
const idOf = (arn: string) => arn.split('/').at(-1)!;

async function startService(serviceName: string, desiredCount: number): Promise<string[]> {
  await ecs.send(new CreateServiceCommand({ serviceName, taskDefinition: 'web', desiredCount }));
  await until(async () => {
    const { services: seen } = await ecs.send(new DescribeServicesCommand({ services: [serviceName] }));
    return seen![0]!.runningCount === desiredCount && seen![0]!.deployments![0]!.rolloutState === 'COMPLETED';
  });
  return (await running(serviceName)).sort();
}

test('protection lasts two hours unless told otherwise, is set anew by every call, and can be taken away', async () => {
  const [a, b] = await startService('times', 2);
  assert.deepEqual((await read([a!, b!])).protectedTasks, [
    { taskArn: a, protectionEnabled: false },
    { taskArn: b, protectionEnabled: false },
  ]);
  const begin = Date.now();
  const { protectedTasks, failures } = await protect([idOf(a!), b!]);
  assert.deepEqual(failures, []);
  for (const task of protectedTasks!) {
    assert.equal(task.protectionEnabled, true);
    const lastsMs = task.expirationDate!.getTime() - begin;
    assert.ok(lastsMs >= 120 * 60_000 && lastsMs < 121 * 60_000, String(lastsMs));
  }
  assert.deepEqual((await read([a!, b!])).protectedTasks, protectedTasks);
  const [short] = (await protect([a!], true, 1)).protectedTasks!;
  assert.ok(short!.expirationDate!.getTime() - begin < 120_000);
  const off = await protect([b!], false, 5);
  assert.deepEqual(off.protectedTasks, [{ taskArn: b, protectionEnabled: false }]);
  assert.equal((await read([a!])).protectedTasks![0]!.protectionEnabled, true);
  aheadMs = 61_000;
  try {
    assert.deepEqual((await read([a!])).protectedTasks, [{ taskArn: a, protectionEnabled: false }]);
  } finally {
    aheadMs = 0;
  }
  await update('times', 0);
});

test('scale-in takes the other tasks; what is protected goes once protection is taken away', async () => {
  const [a, b, c] = await startService('scaled', 3);
  await protect([a!, b!]);
  await update('scaled', 1);
  // A stopping task leaves ListTasks at once and runningCount when it has stopped.
  await until(async () => {
    const { services: seen } = await ecs.send(new DescribeServicesCommand({ services: ['scaled'] }));
    return seen![0]!.desiredCount === 1 && seen![0]!.runningCount === 2;
  });
  const rest = await running('scaled');
  assert.equal(rest.length, 2);
  assert.ok(!rest.includes(c!));
  await protect([a!], false);
  await until(async () => (await running('scaled')).length === 1);
  assert.deepEqual(await running('scaled'), [b]);
  await ecs.send(new StopTaskCommand({ task: b! }));
  await until(async () => !(await running('scaled')).includes(b!));
  await update('scaled', 0);
});

test('no more tasks are protected than the service wants', async () => {
  const tasks = await startService('blocked', 3);
  await protect(tasks.slice(0, 2));
  await update('blocked', 1);
  await until(async () => (await running('blocked')).length === 2);
  const { protectedTasks, failures } = await protect([tasks[0]!]);
  assert.deepEqual(protectedTasks, []);
  assert.deepEqual([failures![0]!.arn, failures![0]!.reason], [tasks[0], 'DEPLOYMENT_BLOCKED']);
  assert.match(failures![0]!.detail!, /^Task protection can't be set/);
  const freed = await protect([tasks[1]!], false);
  assert.deepEqual(freed.failures, []);
  assert.equal((await protect([tasks[0]!])).failures!.length, 0);
  await protect([tasks[0]!], false);
  await update('blocked', 0);
});

test('tasks that no service has, that have stopped, or that are nowhere, are failures', async () => {
  const run = await ecs.send(new RunTaskCommand({ taskDefinition: 'web' }));
  const alone = run.tasks![0]!.taskArn!;
  const [stopped] = await startService('ending', 1);
  await update('ending', 0);
  await until(async () => (await running('ending')).length === 0);
  const nowhere = '0123456789abcdef0123456789abcdef';
  const asked = [alone, stopped!, nowhere];
  const expected = [
    [alone, 'TASK_NOT_VALID'],
    [stopped, 'TASK_NOT_VALID'],
    [`arn:aws:ecs:us-east-1:123456789012:task/default/${nowhere}`, 'MISSING'],
  ];
  for (const { protectedTasks, failures } of [await protect(asked), await read(asked)]) {
    assert.deepEqual(protectedTasks, []);
    assert.deepEqual(
      failures!.map(({ arn, reason }) => [arn, reason]),
      expected,
    );
    assert.ok(failures!.every(({ detail }) => detail));
  }
});

test('bad input', async () => {
  const id = '0123456789abcdef0123456789abcdef';
  const many = (count: number) => Array.from({ length: count }, (_, i) => `${i}`.padStart(32, '0'));
  const refused: [Promise<unknown>, RegExp][] = [
    [protect([]), /^Tasks cannot be empty\.$/],
    [read([]), /^Tasks cannot be empty\.$/],
    [protect(many(11)), /^Tasks cannot have more than 10 elements\.$/],
    [read(many(101)), /^Tasks cannot have more than 100 elements\.$/],
    [protect([id], true, 0), /expiresInMinutes must be between 1 and 2880/],
    [protect([id], true, 2881), /expiresInMinutes must be between 1 and 2880/],
    [protect(['arn:aws:ecs:us-east-1:123456789012:cluster/x']), /unexpected resource type/],
  ];
  for (const [promise, message] of refused) {
    await assert.rejects(promise, { name: 'InvalidParameterException', message });
  }
  await assert.rejects(
    ecs.send(new UpdateTaskProtectionCommand({ cluster: 'nowhere', tasks: [id], protectionEnabled: true })),
    { name: 'ClusterNotFoundException', message: 'Cluster not found.' },
  );
});

test('services of a namespace, of all clusters, in pages', async () => {
  const list = (namespace: string, more = {}) => ecs.send(new ListServicesByNamespaceCommand({ namespace, ...more }));
  await assert.rejects(list('mesh'), {
    name: 'NamespaceNotFoundException',
    message: 'Failed to retrieve namespace for mesh',
  });
  await assert.rejects(list('mesh', { maxResults: 101 }), { name: 'InvalidParameterException' });
  const arns: string[] = [];
  for (const serviceName of ['n1', 'n2', 'n3']) {
    const { service } = await ecs.send(
      new CreateServiceCommand({ serviceName, taskDefinition: 'web', desiredCount: 0 }),
    );
    arns.push(service!.serviceArn!);
    plane.store.transact((tx) =>
      tx.update(services, service!.serviceArn as ServiceArn, (row) => ({
        ...row,
        deployments: row.deployments.map((deployment) => ({
          ...deployment,
          serviceConnectConfiguration: { enabled: serviceName !== 'n2', namespace: 'mesh' },
        })),
      })),
    );
  }
  assert.deepEqual((await list('mesh')).serviceArns, [arns[0], arns[2]]);
  const first = await list('mesh', { maxResults: 1 });
  const second = await list('mesh', { maxResults: 1, nextToken: first.nextToken });
  assert.deepEqual([first.serviceArns, second.serviceArns, second.nextToken], [[arns[0]], [arns[2]], undefined]);
});
