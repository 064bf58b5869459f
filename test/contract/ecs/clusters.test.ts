import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateClusterCommand,
  DeleteClusterCommand,
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListClustersCommand,
  PutClusterCapacityProvidersCommand,
  paginateListClusters,
  UpdateClusterCommand,
  UpdateClusterSettingsCommand,
} from '@aws-sdk/client-ecs';
import type { ClusterRow, ContainerInstanceRow, ServiceRow, TaskRow } from '#model/rows.ts';
import type { Store } from '#store/store.ts';
import { containerInstances, services, tasks } from '#store/tables/ecs.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';

let controlPlane: TestControlPlane;
let ecs: ECSClient;
before(async () => {
  controlPlane = await startTestControlPlane();
  ecs = controlPlane.ecs();
});
after(() => controlPlane.close());

const create = async (clusterName: string, more: object = {}) =>
  (await ecs.send(new CreateClusterCommand({ clusterName, ...more }))).cluster!;
const describe = async (cluster: string, include?: ('SETTINGS' | 'STATISTICS' | 'TAGS' | 'CONFIGURATIONS')[]) =>
  (await ecs.send(new DescribeClustersCommand({ clusters: [cluster], ...(include && { include }) }))).clusters![0];

test('CreateCluster answers the whole cluster and is idempotent by name', async () => {
  const cluster = await create('first', { tags: [{ key: 'team', value: 'a' }] });
  assert.deepEqual(cluster, {
    clusterArn: 'arn:aws:ecs:us-east-1:123456789012:cluster/first',
    clusterName: 'first',
    status: 'ACTIVE',
    registeredContainerInstancesCount: 0,
    runningTasksCount: 0,
    pendingTasksCount: 0,
    activeServicesCount: 0,
    statistics: [],
    tags: [{ key: 'team', value: 'a' }],
    settings: [{ name: 'containerInsights', value: 'disabled' }],
    capacityProviders: [],
    defaultCapacityProviderStrategy: [],
  });
  const again = await create('first', { tags: [{ key: 'team', value: 'b' }] });
  assert.deepEqual(again, cluster);
});

test('without a name it is the cluster default', async () => {
  const { cluster } = await ecs.send(new CreateClusterCommand({}));
  assert.equal(cluster?.clusterName, 'default');
  const { clusters } = await ecs.send(new DescribeClustersCommand({}));
  assert.equal(clusters?.[0]?.clusterArn, cluster?.clusterArn);
});

test('DescribeClusters answers only what include names, and failures for what is missing', async () => {
  await create('described', { tags: [{ key: 'k', value: 'v' }] });
  const plain = await describe('described');
  assert.deepEqual([plain?.tags, plain?.settings, plain?.statistics], [[], [], []]);
  const full = await describe('described', ['TAGS', 'SETTINGS', 'STATISTICS']);
  assert.deepEqual(full?.tags, [{ key: 'k', value: 'v' }]);
  assert.deepEqual(full?.settings, [{ name: 'containerInsights', value: 'disabled' }]);
  assert.ok(full?.statistics?.some((pair) => pair.name === 'runningEC2TasksCount' && pair.value === '0'));
  const { clusters, failures } = await ecs.send(new DescribeClustersCommand({ clusters: ['described', 'nowhere'] }));
  assert.equal(clusters?.length, 1);
  assert.deepEqual(failures, [{ arn: 'arn:aws:ecs:us-east-1:123456789012:cluster/nowhere', reason: 'MISSING' }]);
});

test('a cluster of another region is not there', async () => {
  await create('east');
  const west = controlPlane.ecs({ region: 'eu-west-1' });
  const { failures } = await west.send(new DescribeClustersCommand({ clusters: ['east'] }));
  assert.equal(failures?.[0]?.arn, 'arn:aws:ecs:eu-west-1:123456789012:cluster/east');
});

test('ListClusters pages through all of them', async () => {
  const there = controlPlane.ecs({ region: 'ap-south-1' });
  const names = ['a', 'b', 'c', 'd', 'e'];
  for (const clusterName of names) await there.send(new CreateClusterCommand({ clusterName }));
  const pages: string[][] = [];
  for await (const page of paginateListClusters({ client: there, pageSize: 2 }, {})) pages.push(page.clusterArns!);
  assert.deepEqual(
    pages.map((page) => page.length),
    [2, 2, 1],
  );
  assert.deepEqual(
    pages.flat().map((arn) => arn.split('/')[1]),
    names,
  );
  await assert.rejects(there.send(new ListClustersCommand({ nextToken: 'xyz' })), {
    name: 'InvalidParameterException',
  });
  await assert.rejects(there.send(new ListClustersCommand({ maxResults: 101 })), { name: 'InvalidParameterException' });
});

test('settings and configuration change, the rest stays', async () => {
  await create('changing', { tags: [{ key: 'k', value: 'v' }] });
  const settings = [{ name: 'containerInsights' as const, value: 'enabled' }];
  const { cluster } = await ecs.send(new UpdateClusterSettingsCommand({ cluster: 'changing', settings }));
  assert.deepEqual(cluster?.settings, settings);
  const updated = await ecs.send(
    new UpdateClusterCommand({
      cluster: 'changing',
      configuration: { executeCommandConfiguration: { logging: 'DEFAULT' } },
    }),
  );
  assert.deepEqual(updated.cluster?.configuration, { executeCommandConfiguration: { logging: 'DEFAULT' } });
  assert.deepEqual(updated.cluster?.settings, settings);
  assert.deepEqual((await describe('changing', ['TAGS']))?.tags, [{ key: 'k', value: 'v' }]);
});

test('capacity providers: the two of Fargate, and a strategy over them', async () => {
  await create('fargate');
  const put = (capacityProviders: string[], strategy: object[]) =>
    ecs.send(
      new PutClusterCapacityProvidersCommand({
        cluster: 'fargate',
        capacityProviders,
        defaultCapacityProviderStrategy: strategy as { capacityProvider: string }[],
      }),
    );
  const { cluster } = await put(['FARGATE', 'FARGATE_SPOT'], [{ capacityProvider: 'FARGATE', weight: 1, base: 1 }]);
  assert.deepEqual(cluster?.capacityProviders, ['FARGATE', 'FARGATE_SPOT']);
  assert.deepEqual(cluster?.defaultCapacityProviderStrategy, [{ capacityProvider: 'FARGATE', weight: 1, base: 1 }]);
  const refused: [string[], object[], RegExp][] = [
    [['asg'], [], /^The specified capacity provider was not found\./],
    [['FARGATE'], [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }], /not associated with the cluster/],
    [['FARGATE'], [{ capacityProvider: 'FARGATE', weight: 0 }], /weight value greater than zero/],
    [['FARGATE'], [{ capacityProvider: 'FARGATE', weight: 1001 }], /weight must be between/],
  ];
  for (const [providers, strategy, message] of refused) {
    await assert.rejects(put(providers, strategy), { name: 'InvalidParameterException', message });
  }
});

test('bad input is refused in words of AWS', async () => {
  const refused: [object, string, RegExp][] = [
    [{ clusterName: 'a b' }, 'InvalidParameterException', /^Cluster must match/],
    [{ clusterName: 'x'.repeat(256) }, 'InvalidParameterException', /^Cluster must match/],
    [{ settings: [{ name: 'colour', value: 'x' }] }, 'InvalidParameterException', /colour/],
    [{ settings: [{ name: 'containerInsights', value: 'x' }] }, 'InvalidParameterException', /'x'/],
    [{ tags: [{ key: 'aws:x', value: '' }] }, 'InvalidParameterException', /aws:/],
    [
      { configuration: { executeCommandConfiguration: { logging: 'OVERRIDE' } } },
      'InvalidParameterException',
      /must be specified when overriding/,
    ],
    [
      { configuration: { managedStorageConfiguration: { kmsKeyId: 'k' } } },
      'ClientException',
      /kmsKeyId is not supported here yet/,
    ],
    [{ serviceConnectDefaults: { namespace: 'n' } }, 'ClientException', /serviceConnectDefaults is not supported/],
  ];
  for (const [input, name, message] of refused) {
    await assert.rejects(create('refused', input), { name, message }, JSON.stringify(input));
  }
  assert.equal(await describe('refused'), undefined);
});

test('operations on a cluster that is not there', async () => {
  const gone = { name: 'ClusterNotFoundException', message: 'Cluster not found.' };
  await assert.rejects(ecs.send(new DeleteClusterCommand({ cluster: 'nowhere' })), gone);
  await assert.rejects(ecs.send(new UpdateClusterCommand({ cluster: 'nowhere' })), gone);
  await assert.rejects(ecs.send(new UpdateClusterSettingsCommand({ cluster: 'nowhere', settings: [] })), gone);
});

test('a cluster that cannot be, and resources of another cluster', async () => {
  await create('here');
  const arn = (resource: string) => `arn:aws:ecs:us-east-1:123456789012:${resource}`;
  const wrong = {
    name: 'InvalidParameterException',
    message: 'Invalid identifier: Identifier is for cluster there. Your cluster is here',
  };
  const cluster = 'here';
  await assert.rejects(ecs.send(new DescribeTasksCommand({ cluster, tasks: [arn('task/there/0')] })), wrong);
  await assert.rejects(ecs.send(new DescribeServicesCommand({ cluster, services: [arn('service/there/x')] })), wrong);
  const containerInstances = [arn('container-instance/there/0')];
  await assert.rejects(ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances })), wrong);
  await assert.rejects(ecs.send(new DescribeServicesCommand({ cluster: 'here\r', services: ['x'] })), {
    name: 'InvalidParameterException',
    message: 'Cluster must match ^[a-zA-Z0-9\\-_]{1,255}$, but was here\r',
  });
});

test('a deleted cluster stays INACTIVE, is not listed, and can be made anew', async () => {
  await create('mortal', { tags: [{ key: 'k', value: 'v' }] });
  const { cluster } = await ecs.send(new DeleteClusterCommand({ cluster: 'mortal' }));
  assert.equal(cluster?.status, 'INACTIVE');
  assert.equal((await describe('mortal'))?.status, 'INACTIVE');
  const { clusterArns } = await ecs.send(new ListClustersCommand({}));
  assert.ok(!clusterArns?.includes(cluster!.clusterArn!));
  await assert.rejects(ecs.send(new DeleteClusterCommand({ cluster: 'mortal' })), { name: 'ClusterNotFoundException' });
  const reborn = await create('mortal');
  assert.deepEqual([reborn.status, reborn.tags], ['ACTIVE', []]);
});

const put = (store: Store, what: 'service' | 'instance' | 'task', clusterArn: string) => {
  const scope = { account: '123456789012', region: 'us-east-1', clusterArn: clusterArn as ClusterRow['arn'], tags: [] };
  store.transact((tx) => {
    const arn = `arn:aws:ecs:us-east-1:123456789012:${what}/full/x`;
    if (what === 'service') {
      tx.put(services, {
        ...scope,
        arn,
        status: 'ACTIVE',
        launchType: 'EC2',
        deployments: [],
      } as unknown as ServiceRow);
    } else if (what === 'instance') {
      tx.put(containerInstances, {
        ...scope,
        arn,
        status: 'ACTIVE',
        attributes: [],
      } as unknown as ContainerInstanceRow);
    } else {
      const reservation = { cpuUnits: 0, memoryMiB: 0, ports: [], gpuCount: 0 };
      const status = { lastStatus: 'RUNNING', desiredStatus: 'RUNNING', launchType: 'EC2' };
      tx.put(tasks, {
        ...scope,
        ...status,
        arn,
        reservation,
        containers: [],
        group: 'g',
        taskDefinitionArn: 'x/f:1',
      } as unknown as TaskRow);
    }
  });
  return () => {
    store.transact((tx) => {
      const table = { service: services, instance: containerInstances, task: tasks }[what];
      tx.delete(table as typeof services, `arn:aws:ecs:us-east-1:123456789012:${what}/full/x`);
    });
  };
};

test('a cluster that holds something is not deleted', async () => {
  const { clusterArn } = await create('full');
  const cases = [
    ['service', 'ClusterContainsServicesException', 'The Cluster cannot be deleted while Services are active.'],
    [
      'instance',
      'ClusterContainsContainerInstancesException',
      'The Cluster cannot be deleted while Container Instances are active or draining.',
    ],
    ['task', 'ClusterContainsTasksException', 'The Cluster cannot be deleted while Tasks are active.'],
  ] as const;
  for (const [what, name, message] of cases) {
    const remove = put(controlPlane.store, what, clusterArn!);
    try {
      await assert.rejects(ecs.send(new DeleteClusterCommand({ cluster: clusterArn })), { name, message });
    } finally {
      remove();
    }
  }
  assert.equal((await ecs.send(new DeleteClusterCommand({ cluster: clusterArn }))).cluster?.status, 'INACTIVE');
});
