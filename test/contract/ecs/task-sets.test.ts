import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  CreateTaskSetCommand,
  type CreateTaskSetCommandInput,
  DeleteServiceCommand,
  DeleteTaskSetCommand,
  DescribeServicesCommand,
  DescribeTaskSetsCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListTagsForResourceCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
  UpdateServicePrimaryTaskSetCommand,
  UpdateTaskSetCommand,
  waitUntilServicesInactive,
} from '@aws-sdk/client-ecs';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { registerInstance } from '../../support/instances.ts';
import { connect, type QuickAgents, startQuickAgents, until } from '../../support/quick-agents.ts';

let plane: TestControlPlane;
let ecs: ECSClient;
let agents: QuickAgents;
const cluster = 'default';

const define = (family: string) =>
  ecs.send(
    new RegisterTaskDefinitionCommand({
      family,
      containerDefinitions: [{ name: 'app', image: 'good', cpu: 16, memory: 16 }],
    }),
  );

const create = (serviceName: string, input: Partial<CreateServiceCommandInput> = {}) =>
  ecs.send(
    new CreateServiceCommand({ serviceName, desiredCount: 3, deploymentController: { type: 'EXTERNAL' }, ...input }),
  );

async function addSet(service: string, percent: number, input: Partial<CreateTaskSetCommandInput> = {}) {
  const scale = { value: percent, unit: 'PERCENT' as const };
  const made = await ecs.send(new CreateTaskSetCommand({ cluster, service, taskDefinition: 'web', scale, ...input }));
  return made.taskSet!;
}

async function lookAt(service: string, id: string) {
  const { taskSets } = await ecs.send(new DescribeTaskSetsCommand({ cluster, service, taskSets: [id] }));
  return taskSets![0];
}

async function look(service: string) {
  const { services } = await ecs.send(new DescribeServicesCommand({ services: [service] }));
  return services![0]!;
}

const steady = (service: string, id: string, count: number) =>
  until(async () => {
    const set = await lookAt(service, id);
    const isSteady = set?.stabilityStatus === 'STEADY_STATE' && set.runningCount === count;
    return isSteady && set.computedDesiredCount === count && set.pendingCount === 0 && set;
  });

before(async () => {
  plane = await startTestControlPlane();
  ecs = plane.ecs();
  agents = startQuickAgents(plane.store);
  await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
  for (let i = 0; i < 3; i++) connect(plane.store, (await registerInstance(ecs)).containerInstanceArn!);
  await define('web');
});
after(async () => {
  agents.close();
  await plane.close();
});

describe('a service of an EXTERNAL deployment controller', () => {
  it('has no tasks of its own, and keeps those of its task sets', async () => {
    const { service } = await create('bluegreen');
    assert.deepEqual(service!.deploymentController, { type: 'EXTERNAL' });
    assert.deepEqual([service!.deployments, service!.taskSets], [[], []]);
    assert.deepEqual(['taskDefinition' in service!, 'launchType' in service!], [false, false]);
    const blue = await addSet('bluegreen', 50, { externalId: 'blue', tags: [{ key: 'colour', value: 'blue' }] });
    assert.match(blue.id!, /^ecs-svc\/\d{19}$/);
    assert.equal(blue.taskSetArn, `arn:aws:ecs:us-east-1:123456789012:task-set/default/bluegreen/${blue.id}`);
    assert.deepEqual(
      [blue.status, blue.computedDesiredCount, blue.stabilityStatus, blue.externalId, blue.launchType],
      ['ACTIVE', 2, 'STABILIZING', 'blue', 'EC2'],
    );
    assert.deepEqual(blue.scale, { value: 50, unit: 'PERCENT' });
    assert.deepEqual(blue.tags, [{ key: 'colour', value: 'blue' }]);
    await steady('bluegreen', blue.id!, 2);
    const { taskArns } = await ecs.send(new ListTasksCommand({ serviceName: 'bluegreen' }));
    const { tasks } = await ecs.send(new DescribeTasksCommand({ tasks: taskArns! }));
    assert.deepEqual(
      tasks!.map((task) => [task.group, task.startedBy]),
      tasks!.map(() => ['service:bluegreen', blue.id]),
    );
    const tagged = await ecs.send(new ListTagsForResourceCommand({ resourceArn: blue.taskSetArn! }));
    assert.deepEqual(tagged.tags, [{ key: 'colour', value: 'blue' }]);

    const primary = new UpdateServicePrimaryTaskSetCommand({ cluster, service: 'bluegreen', primaryTaskSet: blue.id! });
    assert.equal((await ecs.send(primary)).taskSet!.status, 'PRIMARY');
    await ecs.send(new UpdateServiceCommand({ service: 'bluegreen', desiredCount: 5 }));
    await steady('bluegreen', blue.id!, 3);
    const { taskDefinition } = await define('web');
    const green = await addSet('bluegreen', 100);
    await steady('bluegreen', green.id!, 5);
    await ecs.send(
      new UpdateServicePrimaryTaskSetCommand({ cluster, service: 'bluegreen', primaryTaskSet: green.taskSetArn! }),
    );
    const seen = await look('bluegreen');
    assert.deepEqual(
      seen.taskSets!.map((set) => [set.id, set.status]),
      [
        [green.id, 'PRIMARY'],
        [blue.id, 'ACTIVE'],
      ],
    );
    assert.equal(seen.taskDefinition, taskDefinition!.taskDefinitionArn);
    assert.equal(seen.runningCount, 8);
    assert.ok(
      seen.events!.some(({ message }) =>
        message!.startsWith(`(service bluegreen, taskSet ${green.id}) has started 5 tasks: (task `),
      ),
    );
    const scaled = new UpdateTaskSetCommand({
      cluster,
      service: 'bluegreen',
      taskSet: blue.id!,
      scale: { value: 0, unit: 'PERCENT' },
    });
    assert.equal((await ecs.send(scaled)).taskSet!.stabilityStatus, 'STABILIZING');
    await steady('bluegreen', blue.id!, 0);
    const gone = await ecs.send(new DeleteTaskSetCommand({ cluster, service: 'bluegreen', taskSet: blue.id! }));
    assert.equal(gone.taskSet!.status, 'DRAINING');
    await until(async () => (await lookAt('bluegreen', blue.id!)) === undefined);
    assert.equal((await look('bluegreen')).taskSets!.length, 1);

    await ecs.send(new DeleteServiceCommand({ service: 'bluegreen', force: true }));
    await waitUntilServicesInactive(
      { client: ecs, maxWaitTime: 15, minDelay: 1, maxDelay: 1 },
      { services: ['bluegreen'] },
    );
    assert.equal((await look('bluegreen')).runningCount, 0);
  });

  it('deletes a set with its tasks only by force', async () => {
    await create('forced');
    const set = await addSet('forced', 100);
    await steady('forced', set.id!, 3);
    const remove = (force: boolean) =>
      ecs.send(new DeleteTaskSetCommand({ cluster, service: 'forced', taskSet: set.id!, force }));
    await assert.rejects(remove(false), { name: 'InvalidParameterException', message: /while it is scaled above 0/ });
    await ecs.send(new UpdateServicePrimaryTaskSetCommand({ cluster, service: 'forced', primaryTaskSet: set.id! }));
    await assert.rejects(remove(false), { name: 'InvalidParameterException', message: /primary task set/ });
    assert.equal((await remove(true)).taskSet!.status, 'DRAINING');
    await until(async () => (await lookAt('forced', set.id!)) === undefined);
    assert.equal((await look('forced')).runningCount, 0);
  });

  it('makes a set once for a client token', async () => {
    await create('once', { desiredCount: 0 });
    const input = { clientToken: 'token-1' };
    const first = await addSet('once', 100, input);
    assert.equal((await addSet('once', 100, input)).id, first.id);
    await assert.rejects(addSet('once', 50, input), { name: 'InvalidParameterException' });
  });

  it('takes five sets', async () => {
    await create('many', { desiredCount: 0 });
    for (let i = 0; i < 5; i++) await addSet('many', 100);
    await assert.rejects(addSet('many', 100), {
      name: 'InvalidParameterException',
      message: '5 deployments exist on the service. Unable to create new TaskSet since this exceeds the maximum limit.',
    });
  });

  it('says which sets are missing, and shows tags when asked', async () => {
    await create('described', { desiredCount: 0 });
    const { id } = await addSet('described', 100, { tags: [{ key: 'a', value: 'b' }] });
    const missing = 'ecs-svc/1234567890123456789';
    const described = await ecs.send(
      new DescribeTaskSetsCommand({ cluster, service: 'described', taskSets: [id!, missing], include: ['TAGS'] }),
    );
    assert.deepEqual(described.taskSets![0]!.tags, [{ key: 'a', value: 'b' }]);
    assert.deepEqual(described.failures, [
      { arn: `arn:aws:ecs:us-east-1:123456789012:task-set/default/described/${missing}`, reason: 'MISSING' },
    ]);
    assert.equal('tags' in (await lookAt('described', id!))!, false);
  });

  it('refuses what belongs to its task sets, and task sets what cannot act', async () => {
    const invalid = (message: string | RegExp) => ({ name: 'InvalidParameterException', message });
    await assert.rejects(create('r', { taskDefinition: 'web' }), invalid('TaskDefinition must be blank'));
    await assert.rejects(create('r', { launchType: 'EC2' }), invalid('LaunchType must be blank'));
    await assert.rejects(create('r', { schedulingStrategy: 'DAEMON' }), invalid(/daemon scheduling strategy/));
    await create('refusing', { desiredCount: 0 });
    const update = (input: object) => ecs.send(new UpdateServiceCommand({ service: 'refusing', ...input }));
    await assert.rejects(
      update({ taskDefinition: 'web' }),
      invalid('Unable to update task definition on services with a EXTERNAL deployment controller.'),
    );
    await assert.rejects(update({ forceNewDeployment: true }), invalid(/^Cannot force a new deployment on services/));
    const set = await addSet('refusing', 0);
    await assert.rejects(addSet('refusing', 101), invalid(/between 0 and 100/));
    await assert.rejects(
      addSet('refusing', 0, { loadBalancers: [{ containerName: 'app' }] }),
      invalid(/loadBalancers/),
    );
    await assert.rejects(addSet('refusing', 0, { serviceRegistries: [{ registryArn: 'x' }] }), invalid(/serviceReg/));
    await assert.rejects(addSet('refusing', 0, { taskDefinition: 'none' }), { name: 'ClientException' });
    const describeSets = (taskSets: string[]) =>
      ecs.send(new DescribeTaskSetsCommand({ cluster, service: 'refusing', taskSets }));
    await assert.rejects(describeSets([]), invalid('TaskSets cannot be empty.'));
    await assert.rejects(describeSets(['arn:aws:ecs:us-east-1:1:task/a/b']), invalid('Task Set Identifier is invalid'));
    const unknown = { cluster, service: 'refusing', taskSet: 'ecs-svc/1' };
    await assert.rejects(ecs.send(new DeleteTaskSetCommand(unknown)), { name: 'TaskSetNotFoundException' });
    const scale = { value: 1, unit: 'PERCENT' as const };
    await assert.rejects(ecs.send(new UpdateTaskSetCommand({ ...unknown, scale })), {
      name: 'TaskSetNotFoundException',
    });
    await ecs.send(new CreateServiceCommand({ serviceName: 'plain', taskDefinition: 'web', desiredCount: 0 }));
    await assert.rejects(
      addSet('plain', 0),
      invalid(
        'Amazon ECS only supports task set management on services configured to use external deployment controllers.',
      ),
    );
    await assert.rejects(addSet('nowhere', 0), { name: 'ServiceNotFoundException' });
    await ecs.send(new DeleteServiceCommand({ service: 'refusing', force: true }));
    await assert.rejects(lookAt('refusing', set.id!), { name: 'ServiceNotActiveException' });
  });
});
