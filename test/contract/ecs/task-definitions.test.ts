import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  type ECSClient,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
  paginateListTaskDefinitionFamilies,
  paginateListTaskDefinitions,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
} from '@aws-sdk/client-ecs';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';

let controlPlane: TestControlPlane;
let ecs: ECSClient;
before(async () => {
  controlPlane = await startTestControlPlane();
  ecs = controlPlane.ecs();
});
after(() => controlPlane.close());

const container = { name: 'web', image: 'busybox', memory: 64 };
const register = (family: string, more: Partial<RegisterTaskDefinitionCommandInput> = {}, client = ecs) =>
  client.send(new RegisterTaskDefinitionCommand({ family, containerDefinitions: [container], ...more }));
const describe = (taskDefinition: string) => ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
const deregister = (taskDefinition: string) => ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }));
const arn = (reference: string) => `arn:aws:ecs:us-east-1:123456789012:task-definition/${reference}`;

test('RegisterTaskDefinition counts revisions and answers what is kept', async () => {
  const tags = [{ key: 'k', value: 'v' }];
  const first = await register('app', { tags, volumes: [{ name: 'data' }] });
  const { registeredAt, ...definition } = first.taskDefinition!;
  assert.ok(registeredAt instanceof Date);
  assert.deepEqual(definition, {
    taskDefinitionArn: arn('app:1'),
    containerDefinitions: [
      {
        ...container,
        cpu: 0,
        essential: true,
        portMappings: [],
        environment: [],
        mountPoints: [],
        volumesFrom: [],
        systemControls: [],
      },
    ],
    family: 'app',
    revision: 1,
    volumes: [{ name: 'data', host: {} }],
    status: 'ACTIVE',
    requiresAttributes: [],
    placementConstraints: [],
    compatibilities: ['EXTERNAL', 'EC2'],
    registeredBy: controlPlane.administrator.principalArn,
  });
  assert.deepEqual(first.tags, tags);
  assert.equal((await register('app')).taskDefinition?.revision, 2);
});

test('DescribeTaskDefinition takes a family, a revision and an ARN', async () => {
  await register('known', { tags: [{ key: 'k', value: '1' }] });
  await register('known');
  for (const [reference, revision] of [
    ['known', 2],
    ['known:1', 1],
    [arn('known:1'), 1],
  ] as const) {
    const { taskDefinition, tags } = await describe(reference);
    assert.equal(taskDefinition?.revision, revision);
    assert.equal(tags, undefined);
  }
  const { tags } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'known:1', include: ['TAGS'] }));
  assert.deepEqual(tags, [{ key: 'k', value: '1' }]);
});

test('what is not there, and references that name nothing', async () => {
  await register('present');
  const missing = { name: 'ClientException', message: 'Unable to describe task definition.' };
  await assert.rejects(describe('absent'), missing);
  await assert.rejects(describe('present:7'), missing);
  await assert.rejects(describe(arn('present:1').replace('us-east-1', 'eu-west-1')), missing);
  await assert.rejects(describe('present:x'), {
    name: 'ClientException',
    message: 'Invalid revision number. Number: x',
  });
  await assert.rejects(describe('arn:aws:ecs:us-east-1:123456789012:cluster/present'), {
    name: 'InvalidParameterException',
    message: 'Invalid identifier: Identifier is for an unexpected resource type.',
  });
});

test('a refused definition takes no revision', async () => {
  await assert.rejects(register('strict', { containerDefinitions: [{ name: 'web', image: 'busybox' }] }), {
    name: 'ClientException',
    message: "Invalid setting for container 'web'. At least one of 'memory' or 'memoryReservation' must be specified.",
  });
  assert.equal((await register('strict')).taskDefinition?.revision, 1);
});

test('deregistering: the revision is INACTIVE, the family falls back to the newest ACTIVE one', async () => {
  await register('old');
  await register('old');
  const { taskDefinition } = await deregister('old:2');
  assert.equal(taskDefinition?.status, 'INACTIVE');
  assert.ok(taskDefinition?.deregisteredAt instanceof Date);
  assert.equal((await describe('old')).taskDefinition?.revision, 1);
  assert.equal((await describe('old:2')).taskDefinition?.status, 'INACTIVE');
  await deregister('old:1');
  await assert.rejects(describe('old'), { name: 'ClientException' });
  assert.equal((await register('old')).taskDefinition?.revision, 3);
  await assert.rejects(deregister('old'), { name: 'ClientException', message: 'Revision is missing.' });
  await assert.rejects(deregister('old:9'), { name: 'ClientException', message: /does not exist/ });
});

test('DeleteTaskDefinitions deletes INACTIVE revisions and never reuses their numbers', async () => {
  await register('doomed');
  await register('doomed');
  await deregister('doomed:1');
  const { taskDefinitions, failures } = await ecs.send(
    new DeleteTaskDefinitionsCommand({ taskDefinitions: ['doomed:1', 'doomed:2', 'doomed:9'] }),
  );
  assert.deepEqual(
    taskDefinitions?.map((row) => [row.taskDefinitionArn, row.status]),
    [[arn('doomed:1'), 'DELETE_IN_PROGRESS']],
  );
  assert.deepEqual(failures, [
    {
      arn: arn('doomed:2'),
      reason: 'The specified task definition is still in ACTIVE status. Please deregister the target and try again.',
    },
    {
      arn: 'doomed:9',
      reason: 'The specified task definition does not exist. Specify a valid account, family, revision and try again.',
    },
  ]);
  assert.equal((await register('doomed')).taskDefinition?.revision, 3);
  await assert.rejects(ecs.send(new DeleteTaskDefinitionsCommand({ taskDefinitions: Array(11).fill('doomed:1') })), {
    name: 'InvalidParameterException',
  });
});

test('ListTaskDefinitions sorts by family, then by revision as a number, both ways, over pages', async () => {
  const client = controlPlane.ecs({ region: 'sa-east-1' });
  for (let i = 0; i < 11; i++) await register('many', {}, client);
  await register('alone', {}, client);
  await register('zero', {}, client);
  await client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'many:3' }));
  const list = async (input: object) => {
    const found: string[] = [];
    for await (const page of paginateListTaskDefinitions({ client, pageSize: 4 }, input)) {
      found.push(...page.taskDefinitionArns!.map((one) => one.split('/')[1]!));
    }
    return found;
  };
  const many = [1, 2, 4, 5, 6, 7, 8, 9, 10, 11].map((revision) => `many:${revision}`);
  assert.deepEqual(await list({}), ['alone:1', ...many, 'zero:1']);
  assert.deepEqual(await list({ sort: 'DESC' }), ['zero:1', ...many.toReversed(), 'alone:1']);
  assert.deepEqual(await list({ familyPrefix: 'many' }), many);
  assert.deepEqual(await list({ familyPrefix: 'man' }), []);
  assert.deepEqual(await list({ status: 'INACTIVE' }), ['many:3']);
  await assert.rejects(client.send(new ListTaskDefinitionsCommand({ nextToken: 'e30=' })), {
    name: 'InvalidParameterException',
  });
});

test('ListTaskDefinitionFamilies by prefix and status, over pages', async () => {
  const client = controlPlane.ecs({ region: 'ca-central-1' });
  for (const family of ['web-a', 'web-b', 'web-c', 'job']) await register(family, {}, client);
  await client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'web-b:1' }));
  const families = async (input: object) => {
    const found: string[] = [];
    for await (const page of paginateListTaskDefinitionFamilies({ client, pageSize: 2 }, input)) {
      found.push(...page.families!);
    }
    return found;
  };
  assert.deepEqual(await families({}), ['job', 'web-a', 'web-b', 'web-c']);
  assert.deepEqual(await families({ familyPrefix: 'web' }), ['web-a', 'web-b', 'web-c']);
  assert.deepEqual(await families({ status: 'ACTIVE' }), ['job', 'web-a', 'web-c']);
  assert.deepEqual(await families({ status: 'INACTIVE' }), ['web-b']);
  await assert.rejects(client.send(new ListTaskDefinitionFamiliesCommand({ status: 'SOME' as 'ALL' })), {
    name: /InvalidParameterException|ClientException/,
  });
});
