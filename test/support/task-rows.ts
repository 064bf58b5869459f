/** Task rows put straight into a store, for tests of what reads them: as `launch` would have made them. */
import { hexId } from '#lib/ids.ts';
import { systemRandom } from '#lib/random.ts';
import { clusterArn, containerArn, taskArn, taskDefinitionArn } from '#model/arn.ts';
import type { TaskDefinitionRow, TaskRow } from '#model/rows.ts';
import type { Store } from '#store/store.ts';
import { taskDefinitions, tasks } from '#store/tables/ecs.ts';

const scope = { account: '123456789012', region: 'us-east-1' };

export interface TaskSeed extends Partial<Omit<TaskRow, 'containerInstanceArn' | 'clusterArn'>> {
  readonly cluster?: string;
  readonly containerInstanceArn?: string;
  readonly networkBindings?: TaskRow['containers'][number]['networkBindings'];
  readonly healthChecked?: boolean;
}

/** A definition with one essential container `app`, unless told otherwise. */
export function taskDefinitionRow(seed: Partial<TaskDefinitionRow> = {}): TaskDefinitionRow {
  const family = seed.family ?? 'sample';
  const revision = seed.revision ?? 1;
  return {
    ...scope,
    arn: taskDefinitionArn(scope, family, revision),
    family,
    revision,
    status: 'ACTIVE',
    registeredAt: 0,
    registeredBy: 'arn:aws:iam::123456789012:root',
    containerDefinitions: [{ name: 'app', image: 'busybox', cpu: 128, memory: 64, essential: true }],
    volumes: [],
    placementConstraints: [],
    compatibilities: ['EXTERNAL', 'EC2'],
    requiresAttributes: [],
    tags: [],
    ...seed,
  };
}

export function taskRow(seed: TaskSeed = {}): TaskRow {
  const { cluster = 'default', networkBindings = [], healthChecked = false, containerInstanceArn, ...rest } = seed;
  const id = hexId(systemRandom);
  return {
    ...scope,
    arn: taskArn(scope, cluster, id),
    clusterArn: clusterArn(scope, cluster),
    taskDefinitionArn: taskDefinitionArn(scope, 'sample', 1),
    ...(containerInstanceArn && { containerInstanceArn: containerInstanceArn as TaskRow['containerInstanceArn'] }),
    group: 'family:sample',
    launchType: 'EXTERNAL',
    desiredStatus: 'RUNNING',
    lastStatus: 'PENDING',
    healthStatus: 'UNKNOWN',
    containers: [
      {
        arn: containerArn(scope, cluster, id, 'c-app'),
        name: 'app',
        image: 'busybox',
        essential: true,
        healthChecked,
        lastStatus: 'PENDING',
        healthStatus: 'UNKNOWN',
        networkBindings,
        networkInterfaces: [],
        cpu: '128',
      },
    ],
    overrides: {},
    attachments: [],
    attributes: [],
    reservation: { cpuUnits: 128, memoryMiB: 64, ports: [], gpuCount: 0 },
    enableExecuteCommand: false,
    createdAt: 0,
    version: 1,
    tags: [],
    ...rest,
  };
}

/** Inserts a task, and its definition when that is not there yet. */
export function putTask(store: Store, seed: TaskSeed = {}): TaskRow {
  return store.transact((tx) => {
    const row = taskRow(seed);
    if (!tx.get(taskDefinitions, row.taskDefinitionArn)) tx.insert(taskDefinitions, taskDefinitionRow());
    return tx.insert(tasks, row);
  });
}
