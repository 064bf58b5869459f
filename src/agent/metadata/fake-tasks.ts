/** A read model of tasks that a test fills. Not used outside tests. */
import type { ContainerView, RunningTasks, TaskView } from '../task-engine/running-tasks.ts';

export function fakeContainer(given: Partial<ContainerView> = {}): ContainerView {
  return {
    name: 'web',
    image: 'busybox:latest',
    runtimeId: 'c'.repeat(64),
    runtimeName: 'ecs-hello-1-web-abc',
    metadataId: '11111111-2222-4333-8444-555555555555',
    essential: true,
    desiredStatus: 'RUNNING',
    knownStatus: 'RUNNING',
    networkBindings: [],
    networks: [],
    labels: {},
    cpuUnits: 128,
    memoryMiB: 64,
    logDriver: 'json-file',
    logOptions: {},
    mounts: [],
    restartCount: 0,
    restartPolicyEnabled: false,
    ...given,
  };
}

export function fakeTask(given: Partial<TaskView> = {}): TaskView {
  return {
    arn: 'arn:aws:ecs:us-east-1:123456789012:task/default/0123456789abcdef0123456789abcdef',
    taskId: '0123456789abcdef0123456789abcdef',
    clusterArn: 'arn:aws:ecs:us-east-1:123456789012:cluster/default',
    family: 'hello',
    version: '1',
    networkMode: 'bridge',
    desiredStatus: 'RUNNING',
    knownStatus: 'RUNNING',
    acceptedAtMs: 0,
    containers: [fakeContainer()],
    ...given,
  };
}

export function fakeTasks(...tasks: TaskView[]): RunningTasks {
  const find = (matches: (container: ContainerView) => boolean) => {
    for (const task of tasks) {
      const container = task.containers.find(matches);
      if (container) return { task, container };
    }
    return undefined;
  };
  return {
    list: () => tasks,
    byArn: (taskArn) => tasks.find((task) => task.arn === taskArn),
    byMetadataId: (metadataId) => find((container) => container.metadataId === metadataId),
    byRuntimeId: (runtimeId) => find((container) => container.runtimeId === runtimeId),
    subscribe: () => () => {},
  };
}
