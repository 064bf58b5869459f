import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteAttributesCommand,
  type ECSClient,
  PutAttributesCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  RunTaskCommand,
  UpdateContainerInstancesStateCommand,
} from '@aws-sdk/client-ecs';
import { callSlipway, type Operations } from '#bin/slipway-api.ts';
import { lastSegment } from '#model/arn.ts';
import { serviceEvents, services, tasks } from '#store/tables/ecs.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { agentResources, registerInstance } from '../../support/instances.ts';
import { connect, type QuickAgents, startQuickAgents, until } from '../../support/quick-agents.ts';

let plane: TestControlPlane;
let ecs: ECSClient;
let agents: QuickAgents;
/** Two roomy ones, a small one, one without a connection, one draining. */
let large: string[];
let small: string;
let away: string;
let draining: string;

type Input = Operations['ExplainPlacement']['input'];
/** Calls it until nobody else has written meanwhile: were it to write itself, that would never be. */
const explain = (input: Input) =>
  until(async () => {
    const { revision } = plane.store;
    const answer = await callSlipway(plane.clientConfig(), 'ExplainPlacement', input);
    return plane.store.revision === revision && answer;
  });
const instanceOf = (answer: Awaited<ReturnType<typeof explain>>, arn: string) =>
  answer.instances.find((one) => one.containerInstanceArn === arn)!;
const reasonsOf = (answer: Awaited<ReturnType<typeof explain>>, arn: string) =>
  instanceOf(answer, arn).reasons.map(({ reason, message }) => `${reason}: ${message}`);

async function register(memoryMiB: number, isConnected = true): Promise<string> {
  const { containerInstanceArn } = await registerInstance(ecs, { totalResources: agentResources(1024, memoryMiB) });
  if (isConnected) connect(plane.store, containerInstanceArn!);
  return containerInstanceArn!;
}
const define = (family: string, change: Partial<RegisterTaskDefinitionCommandInput> = {}, container = {}) =>
  ecs.send(
    new RegisterTaskDefinitionCommand({
      family,
      containerDefinitions: [{ name: 'app', image: 'busybox', cpu: 100, memory: 400, ...container }],
      ...change,
    }),
  );

before(async () => {
  plane = await startTestControlPlane();
  ecs = plane.ecs();
  agents = startQuickAgents(plane.store);
  await ecs.send(new CreateClusterCommand({ clusterName: 'default' }));
  large = [await register(1000), await register(1000)];
  small = await register(300);
  away = await register(1000, false);
  draining = await register(1000);
  await ecs.send(new UpdateContainerInstancesStateCommand({ containerInstances: [draining], status: 'DRAINING' }));
  await define('web');
  await define('front', {}, { portMappings: [{ containerPort: 80, hostPort: 80 }] });
});
after(async () => {
  agents.close();
  await plane.close();
});

describe('ExplainPlacement', () => {
  it('says which instance would take each task and, with numbers, why not the others', async () => {
    const answer = await explain({ taskDefinition: 'web', count: 5 });
    assert.equal(answer.placeableCount, 4);
    assert.deepEqual(new Set(answer.placements.map((one) => one.containerInstanceArn)), new Set(large));
    assert.deepEqual(
      large.map((arn) => instanceOf(answer, arn).placed),
      [2, 2],
    );
    assert.deepEqual(reasonsOf(answer, large[0]!), [
      'RESOURCE:MEMORY: needs 400 MiB of memory, has 200 of 1000 left after 2 tasks of this request',
    ]);
    assert.deepEqual(reasonsOf(answer, small), ['RESOURCE:MEMORY: needs 400 MiB of memory, has 300 of 300 left']);
    assert.match(reasonsOf(answer, away).join(), /^AGENT: its agent is not connected since 20\d\d-[^,]*$/);
    assert.deepEqual(reasonsOf(answer, draining), ['DRAINING: it is DRAINING and takes no new tasks']);
    assert.deepEqual(answer.demand, { cpu: 100, memory: 400, gpu: 0, eni: 0, ports: [] });
    assert.deepEqual(answer.reasonCounts, [
      { reason: 'RESOURCE:MEMORY', instances: 3 },
      { reason: 'AGENT', instances: 1 },
      { reason: 'DRAINING', instances: 1 },
    ]);
    assert.match(answer.findings.join('\n'), /4 of 5 tasks can be placed\. Of 5 instances/);
  });

  it('places as RunTask then does', async () => {
    const { placements } = await explain({ taskDefinition: 'web', count: 1 });
    const { tasks: made } = await ecs.send(new RunTaskCommand({ taskDefinition: 'web' }));
    assert.equal(made![0]!.containerInstanceArn, placements[0]!.containerInstanceArn);
  });

  it('names the task that holds a port, and the agent that has reserved one', async () => {
    const { tasks: made } = await ecs.send(new RunTaskCommand({ taskDefinition: 'front' }));
    const { taskArn, containerInstanceArn } = made![0]!;
    const answer = await explain({ taskDefinition: 'front' });
    const [reason] = instanceOf(answer, containerInstanceArn!).reasons.filter((one) => one.reason === 'RESOURCE:PORTS');
    assert.deepEqual(reason!.heldBy, [taskArn]);
    assert.equal(reason!.message, `tcp port 80 is held by task ${lastSegment(taskArn!)}`);
    await define('ssh', {}, { portMappings: [{ containerPort: 22, hostPort: 22 }] });
    assert.match(
      reasonsOf(await explain({ taskDefinition: 'ssh' }), small).join(),
      /tcp port 22 is reserved by its agent/,
    );
  });

  it('counts the network interfaces that tasks of network mode awsvpc would take', async () => {
    const limit = (value: string) =>
      ecs.send(new PutAttributesCommand({ attributes: [{ name: 'slipway.eni-limit', value, targetId: small }] }));
    await define('vpc', { networkMode: 'awsvpc' }, { memory: 10, cpu: 0 });
    await assert.rejects(limit('many'), { name: 'InvalidParameterException' });
    await limit('0');
    const answer = await explain({ taskDefinition: 'vpc', maxInstances: 100 });
    assert.equal(answer.demand.eni, 1);
    assert.match(answer.notLaunchable ?? '', /awsvpc/);
    assert.ok(reasonsOf(answer, small).includes('RESOURCE:ENI: needs 1 network interfaces, has 0 of 0 left'));
    assert.deepEqual(
      [instanceOf(answer, small).registered.eni, instanceOf(answer, large[0]!).registered.eni],
      [0, undefined],
    );
    await ecs.send(new DeleteAttributesCommand({ attributes: [{ name: 'slipway.eni-limit', targetId: small }] }));
  });

  it('takes constraints, strategies and overrides as RunTask does', async () => {
    const attributes = [{ name: 'stack', value: 'prod', targetId: large[1]! }];
    await ecs.send(new PutAttributesCommand({ attributes }));
    const answer = await explain({
      taskDefinition: 'web',
      count: 2,
      placementConstraints: [{ type: 'memberOf', expression: 'attribute:stack == prod' }, { type: 'distinctInstance' }],
      placementStrategy: [{ type: 'binpack', field: 'memory' }],
      overrides: { containerOverrides: [{ name: 'app', memory: 50 }] },
      group: 'mine',
    });
    assert.deepEqual(
      answer.placements.map((one) => one.containerInstanceArn),
      [large[1]],
    );
    assert.equal(answer.demand.memory, 50);
    assert.deepEqual(reasonsOf(answer, large[1]!), [
      'DISTINCTINSTANCE: distinctInstance: 1 task of mine there already',
    ]);
    assert.deepEqual(reasonsOf(answer, large[0]!), [
      'MEMBEROF: memberOf attribute:stack == prod is not satisfied: attribute:stack is absent',
    ]);
    assert.deepEqual(answer.placementStrategy, [{ type: 'binpack', field: 'MEMORY' }]);
  });

  it('explains a service: its state, its throttle, its events, and where its next tasks would go', async () => {
    await define('huge', {}, { memory: 5000 });
    await ecs.send(new CreateServiceCommand({ serviceName: 'big', taskDefinition: 'huge', desiredCount: 3 }));
    const arn = plane.store.all(services)[Symbol.iterator]().next().value!.arn;
    await until(() => plane.store.count(serviceEvents, 'byService', arn) > 0);
    const answer = await explain({ service: 'big' });
    assert.equal(answer.requestedCount, 3);
    assert.equal(answer.placeableCount, 0);
    assert.equal(answer.service!.missingCount, 3);
    assert.match(answer.service!.events[0]!.message, /was unable to place a task/);
    assert.deepEqual(answer.findings[0], 'Tasks: 0 of 3 running, 3 not there yet.');
    assert.match(answer.findings[1]!, /No instance takes the task\. Of 5 instances.*RESOURCE:MEMORY \(5\)/);
    assert.equal(instanceOf(answer, draining).reasons.length, 2, 'all reasons, not the first');
  });

  it('explains a DAEMON service: one task on each instance that takes it', async () => {
    await define('agent', {}, { memory: 250 });
    const expression = 'attribute:stack !exists';
    await ecs.send(
      new CreateServiceCommand({
        serviceName: 'everywhere',
        taskDefinition: 'agent',
        schedulingStrategy: 'DAEMON',
        placementConstraints: [{ type: 'memberOf', expression }],
      }),
    );
    await until(() => [...plane.store.all(tasks)].some(({ group }) => group === 'service:everywhere'));
    const answer = await explain({ service: 'everywhere' });
    assert.equal(answer.service!.schedulingStrategy, 'DAEMON');
    const reasonOf = (arn: string) => instanceOf(answer, arn).reasons[0]!.reason;
    assert.equal(reasonOf(small), 'DISTINCTINSTANCE');
    assert.equal(reasonOf(large[1]!), 'MEMBEROF');
    assert.equal(reasonOf(away), 'AGENT');
  });

  it('says why tasks of a definition are not launched at all', async () => {
    const answer = await explain({ taskDefinition: 'web', launchType: 'FARGATE' });
    assert.ok(answer.notLaunchable);
    assert.equal(answer.placeableCount, 0);
    assert.deepEqual(answer.findings, [answer.notLaunchable]);
  });

  it('answers no more instances than asked for, the most telling first', async () => {
    const answer = await explain({ taskDefinition: 'web', maxInstances: 1 });
    assert.equal(answer.instances.length, 1);
    assert.equal(answer.instances[0]!.placed, 1);
    assert.equal(answer.instanceCount, 5);
  });

  it('refuses what is wrong, in words', async () => {
    const wrong: readonly (readonly [Input, string, RegExp])[] = [
      [{}, 'InvalidParameterException', /either a service or a taskDefinition/],
      [{ service: 'a', taskDefinition: 'b' }, 'InvalidParameterException', /either/],
      [{ taskDefinition: 'nothing' }, 'TaskDefinitionNotFoundException', /no active task definition nothing/],
      [{ taskDefinition: 'web:9' }, 'TaskDefinitionNotFoundException', /web:9/],
      [{ taskDefinition: 'web:x' }, 'InvalidParameterException', /web:x/],
      [{ service: 'nothing' }, 'ServiceNotFoundException', /Cluster default has no service nothing/],
      [{ taskDefinition: 'web', cluster: 'no' }, 'ClusterNotFoundException', /no cluster no/],
      [{ taskDefinition: 'web', count: 0 }, 'InvalidParameterException', /count/],
      [{ taskDefinition: 'web', maxInstances: 1.5 }, 'InvalidParameterException', /maxInstances/],
      [{ taskDefinition: 'web', launchType: 'MOON' }, 'InvalidParameterException', /launchType/],
      [{ service: 'big', group: 'x' }, 'InvalidParameterException', /group is the service's own/],
      [
        { taskDefinition: 'web', placementConstraints: [{ type: 'memberOf', expression: 'attribute:a ==' }] },
        'InvalidParameterException',
        /Invalid expression/,
      ],
      [
        { taskDefinition: 'web', placementStrategy: [{ type: 'binpack', field: 'disk' }] },
        'InvalidParameterException',
        /binpack/,
      ],
      [
        { taskDefinition: 'web', overrides: { containerOverrides: [{ name: 'no' }] } },
        'InvalidParameterException',
        /container named no/,
      ],
    ];
    for (const [input, name, message] of wrong) await assert.rejects(explain(input), { name, message });
  });
});
