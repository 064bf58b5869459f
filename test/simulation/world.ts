/**
 * A control plane without I/O: the real store, reconcilers and ECS operations under a fake clock, and simulated
 * container instances whose agents report late, twice, out of order, or that tasks failed, all drawn from one seed.
 */
import { FakeClock } from '#lib/clock.ts';
import { hexId } from '#lib/ids.ts';
import { createLogger, type Logger } from '#lib/logger.ts';
import { type Random, seededRandom } from '#lib/random.ts';
import { clusterArn, containerInstanceArn } from '#model/arn.ts';
import type { ContainerInstanceRow, ServiceRow, TaskRow } from '#model/rows.ts';
import { startReconcilers } from '#reconcilers/start.ts';
import type { EcsContext, EcsOperation } from '#services/ecs/context.ts';
import type { Journal } from '#store/journal.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { clusters, containerInstances, services, tasks } from '#store/tables/ecs.ts';
import { simulateAgents } from './agents.ts';
import { watchInvariants } from './invariants.ts';

export const scope = { account: '123456789012', region: 'us-east-1' };
export const clusterName = 'sim';

export interface Faults {
  /** Share of tasks that never start, of running tasks that die before their time, of reports that come twice. */
  failToStart: number;
  dieYoung: number;
  duplicate: number;
  /** Share of tasks that their agent never reports on, whatever is asked of it. */
  silent: number;
}

/** Shorter than the defaults, so that a history of some minutes has lost instances and silent agents in it. */
const schedulers = { instanceLossMs: 30_000, pendingTimeoutMs: 60_000 };

export const noFaults: Faults = { failToStart: 0, dieYoung: 0, duplicate: 0, silent: 0 };

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
  /** The control plane ends and starts again from what is durable; agents go on. */
  restart(): Promise<void>;
  close(): void;
}

function resources(cpuUnits: number, memoryMiB: number): ContainerInstanceRow['registeredResources'] {
  return [
    { name: 'CPU', type: 'INTEGER', integerValue: cpuUnits },
    { name: 'MEMORY', type: 'INTEGER', integerValue: memoryMiB },
    { name: 'PORTS', type: 'STRINGSET', stringSetValue: ['22'] },
  ];
}

/** Durable as long as the world is: what a second store loads. */
function memoryJournal(): Journal {
  const rows = new Map<number, { readonly table: string; readonly value: string }>();
  let head = { revision: 0, schemaVersion: 0 };
  return {
    head: async () => head,
    async load(onRow) {
      for (const [id, { table, value }] of rows) onRow(id, table, value);
    },
    async append({ revision, changes, schemaVersion = head.schemaVersion }) {
      for (const { id, table, value } of changes) {
        if (value === null) rows.delete(id);
        else rows.set(id, { table, value });
      }
      head = { revision, schemaVersion };
    },
    close: async () => {},
  };
}

export async function createWorld(seed: number): Promise<World> {
  const clock = new FakeClock();
  const random = seededRandom(seed);
  const errors: string[] = [];
  const logger: Logger = createLogger({ level: 'error', sink: { write: (line) => errors.push(line) }, now: () => 0 });
  const journal = memoryJournal();
  const onListenerError = (error: unknown) => void errors.push(String(error));
  const open = () => Store.open({ journal, tables: allTables, onListenerError });
  let store = await open();
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
      deps: {},
    }) as unknown as EcsContext;
  const world: World = {
    get store() {
      return store;
    },
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
        attributes: [{ name: 'ecs.availability-zone', value: zone }],
        availabilityZone: zone,
        attachments: [],
        lastSequence: 0,
        tags: [],
      };
      return store.transact((tx) => tx.insert(containerInstances, row));
    },
    update: (arn, change) => {
      store.transact((tx) =>
        tx.update(containerInstances, arn, (row) => ({
          ...row,
          ...(change.agentConnected !== undefined && { agentConnectionChangedAt: clock.now() }),
          ...change,
        })),
      );
    },
    service: (name) => [...store.find(services, 'byCluster', cluster)].find((row) => row.name === name),
    liveTasks: (service) => [...store.find(tasks, 'liveByService', service.arn)],
    async restart() {
      reconcilers.close();
      await store.close();
      store = await open();
      reconcilers = start();
    },
    close: () => reconcilers.close(),
  };
  const start = () => {
    watchInvariants(world);
    simulateAgents(world);
    return startReconcilers({ store, clock, random, logger, settings: schedulers });
  };
  let reconcilers = start();
  return world;
}
