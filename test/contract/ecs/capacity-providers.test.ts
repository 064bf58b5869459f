import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateCapacityProviderCommand,
  type CreateCapacityProviderCommandInput,
  CreateClusterCommand,
  DeleteCapacityProviderCommand,
  DescribeCapacityProvidersCommand,
  type DescribeCapacityProvidersCommandInput,
  type ECSClient,
  ListTagsForResourceCommand,
  PutClusterCapacityProvidersCommand,
  TagResourceCommand,
  UpdateCapacityProviderCommand,
} from '@aws-sdk/client-ecs';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { until } from '../../support/quick-agents.ts';

let plane: TestControlPlane;
let ecs: ECSClient;
before(async () => {
  plane = await startTestControlPlane();
  ecs = plane.ecs();
});
after(() => plane.close());

const groupArn = (name: string, scope = 'us-east-1:123456789012') =>
  `arn:aws:autoscaling:${scope}:autoScalingGroup:57ffcb94-11f0-4d6d-bf60-3bac5e000000:autoScalingGroupName/${name}`;
const providerArn = (name: string) => `arn:aws:ecs:us-east-1:123456789012:capacity-provider/${name}`;
const create = async (name: string, more: Partial<CreateCapacityProviderCommandInput> = {}, client = ecs) =>
  (
    await client.send(
      new CreateCapacityProviderCommand({
        name,
        autoScalingGroupProvider: { autoScalingGroupArn: groupArn(name) },
        ...more,
      }),
    )
  ).capacityProvider!;
const describe = (input: DescribeCapacityProvidersCommandInput = {}) =>
  ecs.send(new DescribeCapacityProvidersCommand(input));
const look = async (name: string) => (await describe({ capacityProviders: [name] })).capacityProviders![0]!;
const put = (cluster: string, names: string[], strategy: { capacityProvider: string; weight?: number }[] = []) =>
  ecs.send(
    new PutClusterCapacityProvidersCommand({
      cluster,
      capacityProviders: names,
      defaultCapacityProviderStrategy: strategy,
    }),
  );
const remove = async (name: string) =>
  (await ecs.send(new DeleteCapacityProviderCommand({ capacityProvider: name }))).capacityProvider!;

const defaults = {
  managedScaling: {
    status: 'DISABLED',
    targetCapacity: 100,
    minimumScalingStepSize: 1,
    maximumScalingStepSize: 10_000,
    instanceWarmupPeriod: 300,
  },
  managedTerminationProtection: 'DISABLED',
  managedDraining: 'ENABLED',
};

test('a provider of an Auto Scaling group gets the defaults of ECS', async () => {
  const made = await create('plain', { tags: [{ key: 'team', value: 'a' }] });
  assert.deepEqual(made, {
    capacityProviderArn: providerArn('plain'),
    name: 'plain',
    status: 'ACTIVE',
    autoScalingGroupProvider: { autoScalingGroupArn: groupArn('plain'), ...defaults },
    tags: [{ key: 'team', value: 'a' }],
    type: 'EC2_AUTOSCALING',
  });
  assert.deepEqual(await look('plain'), { ...made, tags: [] });
  const full = await describe({ capacityProviders: [providerArn('plain')], include: ['TAGS'] });
  assert.deepEqual(full.capacityProviders, [made]);
});

test('what is given of managed scaling is kept, the rest is defaulted', async () => {
  const { autoScalingGroupProvider } = await create('partial', {
    autoScalingGroupProvider: {
      autoScalingGroupArn: groupArn('partial'),
      managedScaling: { status: 'ENABLED', minimumScalingStepSize: 2, instanceWarmupPeriod: 0 },
      managedTerminationProtection: 'ENABLED',
      managedDraining: 'DISABLED',
    },
  });
  assert.deepEqual(autoScalingGroupProvider, {
    autoScalingGroupArn: groupArn('partial'),
    managedScaling: {
      status: 'ENABLED',
      targetCapacity: 100,
      minimumScalingStepSize: 2,
      maximumScalingStepSize: 10_000,
      instanceWarmupPeriod: 0,
    },
    managedTerminationProtection: 'ENABLED',
    managedDraining: 'DISABLED',
  });
});

test('tags of a provider change like those of any resource', async () => {
  const { capacityProviderArn: resourceArn } = await create('tagged');
  await ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'k', value: 'v' }] }));
  const { tags } = await ecs.send(new ListTagsForResourceCommand({ resourceArn }));
  assert.deepEqual(tags, [{ key: 'k', value: 'v' }]);
});

test('FARGATE and FARGATE_SPOT are always there, others come first, ten a page', async () => {
  const there = plane.ecs({ region: 'ap-south-1' });
  const client = {
    send: (input: DescribeCapacityProvidersCommandInput) => there.send(new DescribeCapacityProvidersCommand(input)),
  };
  const empty = await client.send({});
  assert.deepEqual(
    empty.capacityProviders!.map(({ name, type, status }) => [name, type, status]),
    [
      ['FARGATE', 'FARGATE', 'ACTIVE'],
      ['FARGATE_SPOT', 'FARGATE_SPOT', 'ACTIVE'],
    ],
  );
  assert.deepEqual(empty.failures, []);
  const names = Array.from({ length: 9 }, (_, i) => `p${i}`);
  for (const name of names) {
    const autoScalingGroupArn = groupArn(name, 'ap-south-1:123456789012');
    await create(name, { autoScalingGroupProvider: { autoScalingGroupArn } }, there);
  }
  const first = await client.send({});
  const second = await client.send({ nextToken: first.nextToken });
  assert.equal(first.capacityProviders!.length, 10);
  assert.deepEqual(
    second.capacityProviders!.map(({ name }) => name),
    ['FARGATE_SPOT'],
  );
  assert.equal(second.nextToken, undefined);
  const seen: string[] = [];
  for (let nextToken: string | undefined, more = true; more; more = nextToken !== undefined) {
    const page = await client.send({ maxResults: 3, ...(nextToken && { nextToken }) });
    seen.push(...page.capacityProviders!.map(({ name }) => name!));
    nextToken = page.nextToken;
  }
  assert.deepEqual(seen, [...names, 'FARGATE', 'FARGATE_SPOT']);
});

test('named providers: those that are missing are failures, pages go through the list', async () => {
  await create('named');
  const { capacityProviders: found, failures } = await describe({ capacityProviders: ['named', 'nowhere', 'FARGATE'] });
  assert.deepEqual(
    found!.map(({ name }) => name),
    ['named', 'FARGATE'],
  );
  assert.deepEqual(failures, [{ arn: providerArn('nowhere'), reason: 'MISSING' }]);
  const first = await describe({ capacityProviders: ['named', 'FARGATE'], maxResults: 1 });
  assert.deepEqual(
    first.capacityProviders!.map(({ name }) => name),
    ['named'],
  );
  const second = await describe({ capacityProviders: ['named', 'FARGATE'], nextToken: first.nextToken });
  assert.deepEqual(
    second.capacityProviders!.map(({ name }) => name),
    ['FARGATE'],
  );
});

test('with a cluster only its providers are described', async () => {
  await create('inside');
  await create('outside');
  await ecs.send(new CreateClusterCommand({ clusterName: 'holder', capacityProviders: ['inside', 'FARGATE'] }));
  const { capacityProviders: found } = await describe({ cluster: 'holder' });
  assert.deepEqual(
    found!.map(({ name }) => name),
    ['inside', 'FARGATE'],
  );
  const named = await describe({ cluster: 'holder', capacityProviders: ['outside'] });
  assert.deepEqual(named.failures, [{ arn: providerArn('outside'), reason: 'MISSING' }]);
  await assert.rejects(describe({ cluster: 'nowhere' }), {
    name: 'ClusterNotFoundException',
    message: 'Cluster not found.',
  });
});

test('bad input of CreateCapacityProvider', async () => {
  await create('taken');
  const group = (change: object) => ({
    autoScalingGroupProvider: { autoScalingGroupArn: groupArn('bad'), ...change },
  });
  const nameMessage = /^The specified capacity provider name is invalid\. .* The name cannot be prefixed with "aws"/;
  const refused: [string, object, string, RegExp][] = [
    ['awsome', {}, 'ClientException', nameMessage],
    ['ECSy', {}, 'ClientException', nameMessage],
    ['fargate-like', {}, 'ClientException', nameMessage],
    ['a b', {}, 'ClientException', nameMessage],
    ['taken', group({}), 'ClientException', /^The specified capacity provider already exists\. To change/],
    ['other', group({ autoScalingGroupArn: groupArn('taken') }), 'ClientException', /already being used by another/],
    ['bad', group({ autoScalingGroupArn: 'my-group' }), 'ClientException', /Auto Scaling group ARN is invalid/],
    [
      'bad',
      group({ autoScalingGroupArn: groupArn('x', 'eu-west-1:123456789012') }),
      'ClientException',
      /Auto Scaling group ARN is invalid/,
    ],
    [
      'bad',
      group({ managedScaling: { minimumScalingStepSize: 0 } }),
      'ClientException',
      /^The specified minimum scaling step size is invalid\./,
    ],
    ['bad', group({ managedScaling: { targetCapacity: 101 } }), 'ClientException', /target capacity is invalid/],
    ['bad', group({ managedScaling: { instanceWarmupPeriod: -1 } }), 'ClientException', /warmup period is invalid/],
    [
      'bad',
      group({ managedScaling: { minimumScalingStepSize: 5, maximumScalingStepSize: 4 } }),
      'ClientException',
      /^The specified minimum scaling step size is invalid\./,
    ],
    ['bad', group({ managedScaling: { status: 'ON' } }), 'ClientException', /managed scaling status/],
    ['bad', group({ managedDraining: 'ON' }), 'ClientException', /managed draining/],
    ['bad', { autoScalingGroupProvider: undefined }, 'InvalidParameterException', /can not be blank/],
    ['bad', { cluster: 'default' }, 'InvalidParameterException', /Managed Instances/],
    [
      'bad',
      {
        managedInstancesProvider: {
          infrastructureRoleArn: 'arn:aws:iam::123456789012:role/x',
          instanceLaunchTemplate: { ec2InstanceProfileArn: 'x', networkConfiguration: {} },
        },
      },
      'UnsupportedFeatureException',
      /managedInstancesProvider is not supported here yet/,
    ],
    ['bad', { tags: [{ key: 'aws:x', value: '' }] }, 'InvalidParameterException', /aws:/],
  ];
  for (const [name, input, code, message] of refused) {
    await assert.rejects(create(name, input), { name: code, message }, JSON.stringify([name, input]));
  }
});

test('bad input of DescribeCapacityProviders', async () => {
  const refused: DescribeCapacityProvidersCommandInput[] = [
    { maxResults: 11 },
    { maxResults: 0 },
    { nextToken: 'xyz' },
    { include: ['STATISTICS' as 'TAGS'] },
    { capacityProviders: Array.from({ length: 101 }, (_, i) => `p${i}`) },
    { capacityProviders: ['arn:aws:ecs:us-east-1:123456789012:cluster/x'] },
  ];
  for (const input of refused) await assert.rejects(describe(input), { name: 'InvalidParameterException' });
});

const update = (name: string, autoScalingGroupProvider: object) =>
  ecs.send(new UpdateCapacityProviderCommand({ name, autoScalingGroupProvider }));

test('an update answers what was, and holds when it is complete', async () => {
  await create('changing');
  const { capacityProvider } = await update('changing', {
    managedScaling: { status: 'ENABLED', targetCapacity: 80 },
    managedDraining: 'DISABLED',
  });
  assert.equal(capacityProvider!.updateStatus, 'UPDATE_IN_PROGRESS');
  assert.deepEqual(capacityProvider!.autoScalingGroupProvider, {
    autoScalingGroupArn: groupArn('changing'),
    ...defaults,
  });
  const done = await until(async () => {
    const seen = await look('changing');
    return seen.updateStatus === 'UPDATE_COMPLETE' && seen;
  });
  assert.deepEqual(done.autoScalingGroupProvider, {
    autoScalingGroupArn: groupArn('changing'),
    ...defaults,
    managedScaling: { ...defaults.managedScaling, status: 'ENABLED', targetCapacity: 80 },
    managedDraining: 'DISABLED',
  });
});

test('updates that are refused', async () => {
  await create('steadfast');
  const missing = {
    name: 'ClientException',
    message: 'The specified capacity provider does not exist. Specify a valid name or ARN and try again.',
  };
  await assert.rejects(update('nowhere', {}), missing);
  await assert.rejects(remove('nowhere'), missing);
  await assert.rejects(update('FARGATE', {}), { name: 'ClientException', message: /reserved/ });
  await assert.rejects(remove('FARGATE_SPOT'), { name: 'ClientException', message: /reserved/ });
  await assert.rejects(update('steadfast', { managedScaling: { targetCapacity: 0 } }), { name: 'ClientException' });
});

test('a provider that a cluster has cannot be deleted; without one it becomes INACTIVE, and its name is free', async () => {
  await create('mortal');
  await ecs.send(new CreateClusterCommand({ clusterName: 'keeper' }));
  const { cluster } = await put('keeper', [providerArn('mortal')], [{ capacityProvider: 'mortal', weight: 1 }]);
  assert.deepEqual(cluster!.capacityProviders, ['mortal']);
  assert.deepEqual(cluster!.defaultCapacityProviderStrategy, [{ capacityProvider: 'mortal', weight: 1, base: 0 }]);
  const failed = await remove('mortal');
  assert.deepEqual(
    [failed.status, failed.updateStatus, failed.updateStatusReason],
    [
      'ACTIVE',
      'DELETE_FAILED',
      'The capacity provider cannot be deleted because it is associated with cluster: keeper. Remove the capacity provider from the cluster and try again.',
    ],
  );
  await put('keeper', []);
  const going = await remove('mortal');
  assert.deepEqual(
    [going.status, going.updateStatus, going.updateStatusReason],
    ['ACTIVE', 'DELETE_IN_PROGRESS', undefined],
  );
  const gone = await until(async () => {
    const seen = await look('mortal');
    return seen.status === 'INACTIVE' && seen;
  });
  assert.equal(gone.updateStatus, 'DELETE_COMPLETE');
  await assert.rejects(put('keeper', ['mortal']), {
    name: 'InvalidParameterException',
    message:
      "The specified capacity provider 'mortal' is not in an ACTIVE state. Specify a valid capacity provider and try again.",
  });
  await assert.rejects(remove('mortal'), { name: 'ClientException', message: /does not exist/ });
  assert.equal((await create('mortal')).status, 'ACTIVE');
});

test('a strategy has either Auto Scaling groups or Fargate', async () => {
  await create('mixed');
  await ecs.send(new CreateClusterCommand({ clusterName: 'mixing' }));
  const strategy = [
    { capacityProvider: 'mixed', weight: 1 },
    { capacityProvider: 'FARGATE', weight: 1 },
  ];
  await assert.rejects(put('mixing', ['mixed', 'FARGATE'], strategy), {
    name: 'InvalidParameterException',
    message: /^A capacity provider strategy cannot contain a mix of capacity providers/,
  });
  assert.deepEqual((await put('mixing', ['mixed', 'FARGATE'])).cluster!.capacityProviders, ['mixed', 'FARGATE']);
});
