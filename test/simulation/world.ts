/**
 * A control plane without I/O: the real store, reconcilers and ECS operations under a fake clock, and simulated
 * container instances whose agents report late, twice, out of order, or that tasks failed, all drawn from one seed.
 */
import assert from 'node:assert/strict';
import { FakeClock } from '#lib/clock.ts';
import { hexId } from '#lib/ids.ts';
import { createLogger, type Logger } from '#lib/logger.ts';
import { type Random, seededRandom } from '#lib/random.ts';
import { clusterArn, containerInstanceArn } from '#model/arn.ts';
import { portsOf } from '#model/host-ports.ts';
import type { ContainerInstanceRow, ServiceRow, TaskRow } from '#model/rows.ts';
import { applyReport } from '#model/task-transition.ts';
import { startReconcilers } from '#reconcilers/start.ts';
import type { EcsContext, EcsOperation } from '#services/ecs/context.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { changeOf, Store } from '#store/store.ts';
import { allTables, clusters, containerInstances, services, tasks } from '#store/tables.ts';

export const scope = { account: '123456789012', region: 'us-east-1' };
export const clusterName = 'sim';

export interface Faults {
  /** Share of tasks that never start, of running tasks that die before their time, of reports that come twice. */
  failToStart: number;
  dieYoung: number;
  duplicate: number;
}

export const noFaults: Faults = { failToStart: 0, dieYoung: 0, duplicate: 0 };

export interface World {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly random: Random;
  faults: Faults;
  /** Errors that the control plane logged. */
  readonly errors: string[];
  call<I, O>(operation: EcsOperation<I, O>, input: I): Omit<O, '$metadata'>;
  addInstance(options?: { cpuUnits?: number; memoryMiB?: number; zone?: string }): ContainerInstanceRow;
  update(arn: string, change: Partial<ContainerInstanceRow>): void;
  service(name: string): ServiceRow | undefined;
  liveTasks(service: ServiceRow): TaskRow[];
  close(): void;
}

const between = (random: Random, low: number, high: number) => low + Math.floor(random.unit() * (high - low + 1));

function resources(cpuUnits: number, memoryMiB: number): ContainerInstanceRow['registeredResources'] {
  return [
    { name: 'CPU', type: 'INTEGER', integerValue: cpuUnits },
    { name: 'MEMORY', type: 'INTEGER', integerValue: memoryMiB },
    { name: 'PORTS', type: 'STRINGSET', stringSetValue: ['22'] },
  ];
}

/** What an agent does with each of its tasks, some time after it has changed. */
function simulateAgents(world: World): void {
  const { store, clock, random } = world;
  const report = (arn: string, status: 'RUNNING' | 'STOPPED', exit?: { code?: number; reason?: string }) => {
    const task = store.get(tasks, arn);
    if (!task) return;
    const containers = task.containers.map((container) => ({
      containerName: container.name,
      status,
      ...(exit?.code !== undefined && { exitCode: exit.code }),
      ...(exit?.reason !== undefined && { reason: exit.reason }),
    }));
    const next = applyReport(task, { status, containers }, clock.now());
    if (next !== task) store.transact((tx) => tx.put(tasks, next));
  };
  const later = (
    arn: string,
    status: 'RUNNING' | 'STOPPED',
    delayMs: number,
    exit?: { code?: number; reason?: string },
  ) => {
    clock.after(delayMs, () => report(arn, status, exit));
    if (random.unit() < world.faults.duplicate) {
      clock.after(delayMs + between(random, 0, 5000), () => report(arn, status, exit));
    }
  };
  store.subscribe('committed', ({ changes }) => {
    for (const change of changes) {
      const moved = changeOf(tasks, change);
      const { before, after } = moved ?? {};
      if (!after || after.lastStatus === 'STOPPED') continue;
      if (!before) {
        if (random.unit() < world.faults.failToStart) {
          later(after.arn, 'STOPPED', between(random, 10, 3000), { reason: 'CannotPullContainerError: no such image' });
        } else later(after.arn, 'RUNNING', between(random, 10, 3000));
      } else if (after.desiredStatus === 'STOPPED' && before.desiredStatus !== 'STOPPED') {
        later(after.arn, 'STOPPED', between(random, 10, 3000), { code: 143 });
      } else if (after.lastStatus === 'RUNNING' && before.lastStatus !== 'RUNNING') {
        if (random.unit() < world.faults.dieYoung)
          later(after.arn, 'STOPPED', between(random, 10, 60_000), { code: 1 });
      }
    }
  });
}

/** Checked after every transaction. */
function watchInvariants(world: World): void {
  const { store } = world;
  store.subscribe('committed', ({ changes }) => {
    const instances = new Set<string>();
    const grown = new Set<string>();
    for (const change of changes) {
      const moved = changeOf(tasks, change);
      if (moved?.after?.containerInstanceArn) instances.add(moved.after.containerInstanceArn);
      if (moved?.after?.serviceArn && !moved.before) grown.add(moved.after.serviceArn);
    }
    for (const arn of instances) {
      const row = store.get(containerInstances, arn)!;
      const live = [...store.find(tasks, 'liveByContainerInstance', arn)];
      const sum = (pick: (task: TaskRow) => number) => live.reduce((total, task) => total + pick(task), 0);
      assert.ok(
        sum((task) => task.reservation.cpuUnits) <= row.registeredResources[0]!.integerValue!,
        'cpu over-committed',
      );
      assert.ok(
        sum((task) => task.reservation.memoryMiB) <= row.registeredResources[1]!.integerValue!,
        'memory over-committed',
      );
      const ports = live.flatMap((task) => portsOf(task).map((port) => `${port.protocol}/${port.hostPort}`));
      assert.equal(new Set(ports).size, ports.length, 'a host port was given twice');
    }
    for (const arn of grown) {
      const service = store.get(services, arn)!;
      const max = Math.floor((service.desiredCount * (service.deploymentConfiguration.maximumPercent ?? 200)) / 100);
      assert.ok(store.count(tasks, 'liveByService', arn) <= max, 'more tasks than maximumPercent');
    }
  });
}

export async function createWorld(seed: number): Promise<World> {
  const clock = new FakeClock();
  const random = seededRandom(seed);
  const errors: string[] = [];
  const logger: Logger = createLogger({ level: 'error', sink: { write: (line) => errors.push(line) }, now: () => 0 });
  const store = await Store.open({
    journal: volatileJournal(),
    tables: allTables,
    onListenerError: (error) => {
      errors.push(String(error));
    },
  });
  const cluster = clusterArn(scope, clusterName);
  store.transact((tx) =>
    tx.put(clusters, {
      ...scope,
      arn: cluster,
      name: clusterName,
      status: 'ACTIVE',
      createdAt: clock.now(),
      settings: [],
      capacityProviders: [],
      defaultCapacityProviderStrategy: [],
      tags: [],
    }),
  );
  const context = () =>
    ({
      ...scope,
      principal: { arn: 'arn:aws:iam::123456789012:root' },
      clock,
      random,
      logger,
      store: store.session(),
    }) as unknown as EcsContext;
  const world: World = {
    store,
    clock,
    random,
    faults: { ...noFaults },
    errors,
    call: (operation, input) => {
      const output = operation(context(), input);
      if (output instanceof Promise) throw new Error('a simulated call must be synchronous');
      return output;
    },
    addInstance({ cpuUnits = 2048, memoryMiB = 2048, zone = 'us-east-1a' } = {}) {
      const row: ContainerInstanceRow = {
        ...scope,
        arn: containerInstanceArn(scope, clusterName, hexId(random)),
        clusterArn: cluster,
        ec2InstanceId: `i-${hexId(random, 8)}`,
        status: 'ACTIVE',
        agentConnected: true,
        agentConnectionChangedAt: clock.now(),
        registeredAt: clock.now(),
        version: 1,
        versionInfo: {},
        registeredResources: resources(cpuUnits, memoryMiB),
        attributes: [],
        availabilityZone: zone,
        attachments: [],
        lastSequence: 0,
        tags: [],
      };
      return store.transact((tx) => tx.insert(containerInstances, row));
    },
    update: (arn, change) => {
      store.transact((tx) => tx.update(containerInstances, arn, (row) => ({ ...row, ...change })));
    },
    service: (name) => [...store.find(services, 'byCluster', cluster)].find((row) => row.name === name),
    liveTasks: (service) => [...store.find(tasks, 'liveByService', service.arn)],
    close: () => reconcilers.close(),
  };
  watchInvariants(world);
  simulateAgents(world);
  const reconcilers = startReconcilers({ store, clock, random, logger });
  return world;
}
