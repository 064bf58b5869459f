/** The scheduler's pass as a whole, against the real store: what no part of it can get right alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import { seededRandom } from '#lib/random.ts';
import { clusterArn, containerInstanceArn, taskDefinitionArn } from '#model/arn.ts';
import type { ClusterRow, ContainerInstanceRow, TaskDefinitionRow } from '#model/rows.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { clusters, containerInstances, services, taskDefinitions, tasks } from '#store/tables/ecs.ts';
import { createServiceReconciler } from './reconcile.ts';
import { sampleDeployment, sampleService, sampleTask } from './sample-rows.ts';

const scope = { account: '000000000000', region: 'us-east-1' };
const cluster: ClusterRow = {
  ...scope,
  arn: clusterArn(scope, 'c'),
  name: 'c',
  status: 'ACTIVE',
  createdAt: 0,
  settings: [],
  capacityProviders: [],
  defaultCapacityProviderStrategy: [],
  tags: [],
};
const definition = (revision: number): TaskDefinitionRow => ({
  ...scope,
  arn: taskDefinitionArn(scope, 'web', revision),
  family: 'web',
  revision,
  status: 'ACTIVE',
  registeredAt: 0,
  registeredBy: '',
  containerDefinitions: [{ name: 'app', image: 'app', memory: 1 }],
  volumes: [],
  placementConstraints: [],
  compatibilities: ['EC2'],
  requiresAttributes: [],
  tags: [],
});
const instance: ContainerInstanceRow = {
  ...scope,
  arn: containerInstanceArn(scope, 'c', 'i1'),
  clusterArn: cluster.arn,
  ec2InstanceId: 'i-1',
  status: 'ACTIVE',
  agentConnected: true,
  agentConnectionChangedAt: 0,
  registeredAt: 0,
  version: 1,
  versionInfo: {},
  registeredResources: [{ name: 'MEMORY', type: 'INTEGER', integerValue: 1000 }],
  attributes: [],
  availabilityZone: 'z',
  attachments: [],
  lastSequence: 0,
  tags: [],
};

for (const rollback of [true, false]) {
  const then = rollback ? 'starts those of the deployment before it' : 'starts nothing';
  test(`the pass in which the circuit breaker trips starts no task of the deployment that failed, and ${then}`, async () => {
    const store = await Store.open({ journal: volatileJournal(), tables: allTables });
    const clock = new FakeClock(1000);
    const wave = ['a', 'b', 'c'].map((id) =>
      sampleTask(id, {
        deploymentId: 'ecs-svc/2',
        lastStatus: 'STOPPED',
        desiredStatus: 'STOPPED',
        stoppedAt: 900,
        stopCode: 'TaskFailedToStart',
      }),
    );
    const service = sampleService({
      desiredCount: 3,
      deploymentConfiguration: {
        minimumHealthyPercent: 0,
        maximumPercent: 100,
        deploymentCircuitBreaker: { enable: true, rollback },
      },
      deployments: [
        sampleDeployment('ecs-svc/2', { desiredCount: 3, taskDefinitionArn: definition(2).arn }),
        sampleDeployment('ecs-svc/1', { status: 'ACTIVE', rolloutState: 'COMPLETED', desiredCount: 0 }),
      ],
    });
    store.transact((tx) => {
      tx.insert(clusters, cluster);
      for (const revision of [1, 2]) tx.insert(taskDefinitions, definition(revision));
      tx.insert(containerInstances, instance);
      for (const task of wave) tx.insert(tasks, task);
      tx.insert(services, service);
    });
    createServiceReconciler({ store, clock, random: seededRandom(1) }).reconcile(service.arn);
    const failed = store.get(services, service.arn)!.deployments.find(({ id }) => id === 'ecs-svc/2')!;
    assert.equal(failed.rolloutState, 'FAILED');
    const started = [...store.find(tasks, 'liveByService', service.arn)].map(({ deploymentId }) => deploymentId);
    assert.deepEqual(started, rollback ? ['ecs-svc/1', 'ecs-svc/1', 'ecs-svc/1'] : []);
  });
}
