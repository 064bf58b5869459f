/**
 * The scheduler of DAEMON services: one task on every container instance that suits. A pass looks at the instances that
 * have changed, and at a bounded number of others while it goes through all of them: after a start, a new deployment or
 * new constraints, and once in every full pass of the driver. It never moves lastStatus.
 */
import type { ServiceArn } from '#model/arn.ts';
import type { ContainerInstanceRow, ServiceRow, TaskRow } from '#model/rows.ts';
import { type Change, changeOf } from '#store/store.ts';
import { containerInstances, serviceDeployments, services, tasks } from '#store/tables/ecs.ts';
import type { Reconciler } from '../driver.ts';
import { addServiceEvents } from '../service-events.ts';
import { DaemonMemory } from './memory.ts';
import { DaemonPass, type DaemonReconcilerDeps, primaryOf, stopRequestOf } from './pass.ts';

/** Whether a service's change concerns every instance, and not only its own bookkeeping. */
function concernsAll(before: ServiceRow | undefined, after: ServiceRow): boolean {
  return (
    before?.status !== after.status ||
    primaryOf(before).id !== primaryOf(after).id ||
    before.placementConstraints !== after.placementConstraints ||
    before.deploymentConfiguration !== after.deploymentConfiguration
  );
}

function movesInstance(before: ContainerInstanceRow | undefined, after: ContainerInstanceRow): boolean {
  return (
    before?.status !== after.status ||
    before.agentConnected !== after.agentConnected ||
    before.lostAt !== after.lostAt ||
    before.attributes !== after.attributes ||
    before.registeredResources !== after.registeredResources
  );
}

function movesTask(before: TaskRow | undefined, after: TaskRow | undefined): boolean {
  return (
    before?.lastStatus !== after?.lastStatus ||
    before?.desiredStatus !== after?.desiredStatus ||
    before?.healthStatus !== after?.healthStatus ||
    before?.protectedUntil !== after?.protectedUntil
  );
}

export function createDaemonReconciler(deps: DaemonReconcilerDeps): Reconciler {
  const { store, clock, random } = deps;
  const memories = new Map<string, DaemonMemory>();
  const remember = (arn: string): DaemonMemory => {
    const known = memories.get(arn);
    if (known) return known;
    const made = new DaemonMemory();
    made.startScan();
    memories.set(arn, made);
    return made;
  };

  /** A task has left an instance: daemons may find room there, or be the last on one that is draining. */
  function* wokenByRoom(task: TaskRow): Generator<string> {
    const instance = task.containerInstanceArn;
    if (instance === undefined) return;
    for (const service of store.find(services, 'daemonsByCluster', task.clusterArn)) {
      const memory = remember(service.arn);
      const isDraining = store.get(containerInstances, instance)?.status === 'DRAINING';
      if (!isDraining && !memory.blocked.has(instance)) continue;
      memory.dirty.add(instance);
      yield service.arn;
    }
  }

  function* wokenBy(change: Change): Generator<string> {
    const task = changeOf(tasks, change);
    if (task) {
      const row = task.after ?? task.before!;
      const memory = row.serviceArn === undefined ? undefined : memories.get(row.serviceArn);
      if (memory && row.containerInstanceArn !== undefined && movesTask(task.before, task.after)) {
        memory.dirty.add(row.containerInstanceArn);
        yield row.serviceArn!;
      }
      if (task.after?.lastStatus === 'STOPPED' && task.before?.lastStatus !== 'STOPPED') yield* wokenByRoom(row);
      return;
    }
    const service = changeOf(services, change)?.after;
    if (service?.schedulingStrategy === 'DAEMON') {
      if (!concernsAll(changeOf(services, change)!.before, service)) return;
      remember(service.arn).startScan();
      yield service.arn;
      return;
    }
    const record = changeOf(serviceDeployments, change)?.after;
    if (record && stopRequestOf(record) && memories.has(record.serviceArn)) yield record.serviceArn;
    const instance = changeOf(containerInstances, change);
    if (!instance?.after || !movesInstance(instance.before, instance.after)) return;
    for (const row of store.find(services, 'daemonsByCluster', instance.after.clusterArn)) {
      remember(row.arn).dirty.add(instance.key);
      yield row.arn;
    }
  }

  function pass(before: ServiceRow): number | undefined {
    const memory = remember(before.arn);
    let isDone = false;
    try {
      const nextMs = store.transact((tx) => {
        const run = new DaemonPass(tx, deps, memory);
        const result = run.run(before);
        if (result.service !== before) tx.put(services, result.service);
        if (run.events.length > 0) addServiceEvents(tx, result.service, run.events, clock.now(), random);
        return result.nextMs;
      });
      isDone = true;
      return nextMs;
    } finally {
      // What a pass that fails has taken from the memory is lost with it, so the next one looks at everything again.
      if (!isDone) memories.delete(before.arn);
    }
  }

  return {
    name: 'daemon',
    wokenBy,
    *all() {
      for (const row of store.all(services)) {
        if (row.schedulingStrategy !== 'DAEMON' || row.status === 'INACTIVE') continue;
        remember(row.arn).startScan();
        yield row.arn;
      }
    },
    reconcile(address) {
      const row = store.get(services, address as ServiceArn);
      if (row && row.status !== 'INACTIVE') return pass(row);
      memories.delete(address);
      return undefined;
    },
  };
}
