import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '#lib/clock.ts';
import { seededRandom } from '#lib/random.ts';
import { clusterArn, containerInstanceArn, taskDefinitionArn } from '#model/arn.ts';
import { portsOf } from '#model/host-ports.ts';
import type { ClusterRow, ContainerInstanceRow, TaskDefinitionRow, TaskRow } from '#model/rows.ts';
import { applyReport, requestStop } from '#model/task-transition.ts';
import { parseConstraints, parseStrategies } from '#placement/parse-request.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { containerInstances, tasks } from '#store/tables/ecs.ts';
import { Fleets, fleets } from './fleets.ts';
import { launchTasks } from './launch-tasks.ts';
import { ENI_LIMIT_ATTRIBUTE } from './registered.ts';

const scope = { account: '123456789012', region: 'us-east-1' };
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
const instance = (n: number): ContainerInstanceRow => ({
  ...scope,
  arn: containerInstanceArn(scope, 'c', String(n)),
  clusterArn: cluster.arn,
  ec2InstanceId: `i-${n}`,
  status: 'ACTIVE',
  agentConnected: true,
  agentConnectionChangedAt: 0,
  registeredAt: 0,
  version: 1,
  versionInfo: {},
  registeredResources: [
    { name: 'CPU', type: 'INTEGER', integerValue: 20 },
    { name: 'MEMORY', type: 'INTEGER', integerValue: 20 },
    { name: 'PORTS', type: 'STRINGSET', stringSetValue: ['22'] },
  ],
  attributes: [
    { name: 'kind', value: n % 2 ? 'odd' : 'even' },
    { name: ENI_LIMIT_ATTRIBUTE, value: String(n) },
  ],
  availabilityZone: `z${n % 3}`,
  attachments: [],
  lastSequence: 0,
  tags: [],
});
const definition = (port: number | undefined, isAwsvpc = false): TaskDefinitionRow => ({
  ...scope,
  arn: taskDefinitionArn(scope, 'web', 1),
  family: 'web',
  revision: 1,
  status: 'ACTIVE',
  registeredAt: 0,
  registeredBy: '',
  containerDefinitions: [
    { name: 'a', cpu: 3, memory: 4, portMappings: [{ containerPort: 80, ...(port && { hostPort: port }) }] },
  ],
  volumes: [],
  ...(isAwsvpc && { networkMode: 'awsvpc' }),
  placementConstraints: [],
  compatibilities: ['EC2'],
  requiresAttributes: [],
  tags: [],
});

const step = fc.oneof(
  fc.record({
    kind: fc.constant('launch' as const),
    count: fc.integer({ min: 1, max: 8 }),
    group: fc.constantFrom('g', 'h'),
    port: fc.constantFrom(undefined, undefined, 8080, 22),
    strategy: fc.constantFrom('', 'binpack', 'random', 'spread'),
    constraint: fc.constantFrom('', 'distinct', 'kind', 'group'),
    isAwsvpc: fc.boolean(),
    fails: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  }),
  fc.record({
    kind: fc.constantFrom('run' as const, 'stop' as const, 'end' as const, 'forget' as const),
    at: fc.nat(),
  }),
  fc.record({
    kind: fc.constant('instance' as const),
    at: fc.nat(4),
    change: fc.constantFrom<Partial<ContainerInstanceRow>>(
      { status: 'DRAINING' },
      { status: 'ACTIVE' },
      { agentConnected: false },
      { agentConnected: true },
      { availabilityZone: 'z9' },
      { attributes: [{ name: 'kind', value: 'odd' }] },
      { attributes: [{ name: ENI_LIMIT_ATTRIBUTE, value: '1' }] },
      { registeredResources: [{ name: 'CPU', type: 'INTEGER', integerValue: 5 }] },
    ),
  }),
  fc.record({ kind: fc.constantFrom('remove' as const, 'add' as const), at: fc.nat(4) }),
);

const strategies = {
  '': [],
  binpack: [{ type: 'binpack', field: 'memory' }],
  random: [{ type: 'random' }],
  spread: [{ type: 'spread', field: 'instanceId' }],
} as const;
const constraints = {
  '': [],
  distinct: [{ type: 'distinctInstance' }],
  kind: [{ type: 'memberOf', expression: 'attribute:kind == odd' }],
  group: [{ type: 'memberOf', expression: 'not(task:group == g)' }],
} as const;

function rebuilt(store: Store): Fleets {
  const fresh = new Fleets();
  for (const table of fleets.tables) {
    for (const after of store.all(table)) {
      fleets.apply(fresh, { table: table.name, key: table.key(after), before: undefined, after });
    }
  }
  return fresh;
}

/** No live tasks of an instance exceed it because of a launch, and no port is held twice. */
function checkLaunched(store: Store, made: readonly TaskRow[]): void {
  for (const arn of new Set(made.map((task) => task.containerInstanceArn!))) {
    const row = store.get(containerInstances, arn)!;
    assert.equal(row.status, 'ACTIVE');
    assert.ok(row.agentConnected);
    const live = [...store.find(tasks, 'liveByContainerInstance', arn)];
    const amount = (name: string) => row.registeredResources.find((one) => one.name === name)?.integerValue ?? 0;
    assert.ok(live.reduce((sum, task) => sum + task.reservation.cpuUnits, 0) <= amount('CPU'));
    assert.ok(live.reduce((sum, task) => sum + task.reservation.memoryMiB, 0) <= amount('MEMORY'));
    const limit = Number(row.attributes.find(({ name }) => name === ENI_LIMIT_ATTRIBUTE)?.value ?? Infinity);
    if (made.some((task) => task.containerInstanceArn === arn && task.reservation.eniCount)) {
      assert.ok(live.reduce((sum, task) => sum + (task.reservation.eniCount ?? 0), 0) <= limit);
    }
    const ports = live.flatMap((task) => portsOf(task).map((port) => port.hostPort));
    assert.ok(
      made.every((task) =>
        task.reservation.ports.every((port) => ports.filter((one) => one === port.hostPort).length === 1),
      ),
    );
    assert.ok(!ports.includes(22));
  }
}

test('property: the fleet agrees with the rows after any history, and launches keep to what is free', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const store = await Store.open({ journal: volatileJournal(), tables: allTables });
      const deps = { clock: new FakeClock(0), random: seededRandom(1) };
      store.transact((tx) => [0, 1, 2].map((n) => tx.insert(containerInstances, instance(n))));
      let port = 30_000;
      for (const one of steps) {
        const all = [...store.all(tasks)];
        if (one.kind === 'launch') {
          const run = () =>
            store.transact((tx) => {
              const { tasks: made } = launchTasks(tx, deps, {
                cluster,
                definition: definition(one.port, one.isAwsvpc),
                launchType: 'EC2',
                group: one.group,
                enableExecuteCommand: false,
                tags: [],
                count: one.count,
                strategies: parseStrategies(strategies[one.strategy as keyof typeof strategies]),
                constraints: parseConstraints(constraints[one.constraint as keyof typeof constraints]),
              });
              if (one.fails) throw new Error('undone');
              return made;
            });
          if (one.fails) assert.throws(run, /undone/);
          else checkLaunched(store, run());
        } else if (one.kind === 'instance') {
          const arn = instance(one.at).arn;
          if (store.get(containerInstances, arn))
            store.transact((tx) => tx.update(containerInstances, arn, (row) => ({ ...row, ...one.change })));
        } else if (one.kind === 'add') store.transact((tx) => tx.put(containerInstances, instance(one.at)));
        else if (one.kind === 'remove') store.transact((tx) => tx.delete(containerInstances, instance(one.at).arn));
        else {
          const task = all[one.at % all.length];
          if (!task) continue;
          const networkBindings = [{ hostPort: port++, protocol: 'tcp' as const }];
          const next = {
            run: () =>
              applyReport(task, { status: 'RUNNING', containers: [{ containerName: 'a', networkBindings }] }, 1),
            stop: () => requestStop(task, { stopCode: 'UserInitiated', reason: '', nowMs: 1 }),
            end: () => applyReport(task, { status: 'STOPPED', containers: [] }, 1),
            forget: () => undefined,
          }[one.kind]();
          store.transact((tx) => (next ? tx.put(tasks, next) : tx.delete(tasks, task.arn)));
        }
        assert.deepEqual(store.derived(fleets).contents(), rebuilt(store).contents());
      }
    }),
    { numRuns: 300 },
  );
});
