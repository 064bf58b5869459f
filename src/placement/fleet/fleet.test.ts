import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PortReservation, TaskReservation } from '#model/rows.ts';
import { place } from '../place.ts';
import { type Candidate, defaultStrategies, type PlacementRequest, type Strategy } from '../request.ts';
import { Fleet, type FleetInstance } from './fleet.ts';

interface Machine extends FleetInstance {
  readonly even: boolean;
}

interface Held {
  readonly arn: string;
  readonly group: string;
  readonly demand: TaskReservation;
}

const zone: Strategy = { type: 'spread', field: 'ecs.availability-zone' };
const zoned = ([first]: readonly Strategy[]) => first?.type === 'spread' && first.field === 'ecs.availability-zone';
const orders: readonly (readonly Strategy[])[] = [
  defaultStrategies,
  [{ type: 'spread', field: 'instanceId' }],
  [zone, { type: 'binpack', field: 'memory' }],
  [zone, { type: 'binpack', field: 'cpu' }],
  [{ type: 'binpack', field: 'memory' }],
  [zone],
];

const key = (port: PortReservation) => `${port.protocol}/${port.hostPort}`;

/** An instance as the general engine sees it, worked out from scratch from the tasks. */
function candidate(machine: Machine, held: readonly Held[], group: string): Candidate {
  const here = held.filter((task) => task.arn === machine.arn);
  const sum = (of: (demand: TaskReservation) => number) => here.reduce((total, task) => total + of(task.demand), 0);
  const ports = new Set([...machine.reservedPorts, ...here.flatMap((task) => task.demand.ports.map(key))]);
  return {
    containerInstanceArn: machine.arn,
    ec2InstanceId: machine.arn,
    agentConnected: machine.isOpen,
    agentVersion: '1.0.0',
    registeredAt: 0,
    runningTasksCount: here.length,
    attributes: new Map([['even', String(machine.even)]]),
    hasTaskGroup: (name) => here.some((task) => task.group === name),
    taskGroups: () => here.map((task) => task.group),
    availabilityZone: machine.zone,
    free: {
      cpuUnits: machine.cpuUnits - sum((demand) => demand.cpuUnits),
      memoryMiB: machine.memoryMiB - sum((demand) => demand.memoryMiB),
      gpuCount: machine.gpuCount - sum((demand) => demand.gpuCount),
      eniCount: machine.eniCount - sum((demand) => demand.eniCount ?? 0),
    },
    isPortTaken: (port) => ports.has(key(port)),
    groupCount: here.filter((task) => task.group === group).length,
    liveTasks: here.length,
  };
}

const machines = fc.array(
  fc.record({
    zone: fc.constantFrom('a', 'b', 'c'),
    cpuUnits: fc.integer({ min: 0, max: 40 }),
    memoryMiB: fc.integer({ min: 0, max: 40 }),
    gpuCount: fc.integer({ min: 0, max: 1 }),
    eniCount: fc.integer({ min: 0, max: 3 }),
    even: fc.boolean(),
    isOpen: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
  }),
  { minLength: 0, maxLength: 12 },
);
const step = fc.record({
  count: fc.integer({ min: 1, max: 8 }),
  group: fc.constantFrom('g', 'h'),
  cpuUnits: fc.integer({ min: 0, max: 10 }),
  memoryMiB: fc.integer({ min: 0, max: 10 }),
  gpuCount: fc.constantFrom(0, 0, 0, 1),
  isAwsvpc: fc.constantFrom(false, false, true),
  port: fc.constantFrom(undefined, undefined, 80, 81),
  order: fc.constantFrom(...orders),
  distinctInstance: fc.constantFrom(false, false, true),
  onlyEven: fc.boolean(),
  release: fc.nat(3),
  change: fc.option(fc.record({ which: fc.nat(11), memoryMiB: fc.integer({ min: 0, max: 40 }), isOpen: fc.boolean() })),
});

/** What the first strategy after the zones counts, for the instance that was chosen: must be the best there is. */
function score(strategies: readonly Strategy[], chosen: Candidate): number {
  const last = strategies.at(-1)!;
  if (last.type === 'binpack') return last.field === 'cpu' ? chosen.free.cpuUnits : chosen.free.memoryMiB;
  return last.type === 'spread' && last.field !== 'ecs.availability-zone' ? chosen.groupCount : 0;
}

test('property: as the general engine, step by step: nothing over-committed, what fits is placed, as the strategies say', () => {
  fc.assert(
    fc.property(machines, fc.array(step, { maxLength: 12 }), (specs, steps) => {
      const fleet = new Fleet();
      const world: Machine[] = specs.map((spec, n) => ({
        ...spec,
        arn: `i${n}`,
        reservedPorts: n % 3 ? [] : ['tcp/81'],
      }));
      for (const machine of world) fleet.setInstance(machine);
      const held: Held[] = [];
      for (const {
        count,
        group,
        port,
        order,
        distinctInstance,
        onlyEven,
        release,
        change,
        isAwsvpc,
        ...size
      } of steps) {
        const changed = change && world[change.which];
        if (changed) {
          world[change.which] = { ...changed, memoryMiB: change.memoryMiB, isOpen: change.isOpen };
          fleet.setInstance(world[change.which]!);
        }
        for (const task of held.splice(0, release)) {
          fleet.holdTask(task.arn, task.demand, -1);
          fleet.holdPorts(task.arn, task.demand.ports, -1);
          fleet.countTask(task.arn, task.group, -1);
        }
        const ports: PortReservation[] = port ? [{ protocol: 'tcp', hostPort: port }] : [];
        const demand: TaskReservation = { ...size, ports, ...(isAwsvpc && { eniCount: 1 }) };
        const request: PlacementRequest = {
          count: 1,
          group,
          demand,
          strategies: order,
          requiredAttributes: onlyEven ? [{ name: 'even', value: 'true' }] : [],
          constraints: distinctInstance ? [{ type: 'distinctInstance' }] : [],
        };
        const candidates = () => world.map((machine) => candidate(machine, held, group));
        const taken = fleet.place(
          {
            ...{ count, group, demand, strategies: order, distinctInstance },
            eligibility: onlyEven ? 'even' : '',
            isEligible: (arn) => !onlyEven || world.find((machine) => machine.arn === arn)!.even,
          },
          (arn) => {
            const all = candidates();
            const chosen = all.find((each) => each.containerInstanceArn === arn)!;
            const [wanted] = place(all, request, () => 0.5).placed;
            assert.ok(wanted !== undefined, 'it fits by the general engine');
            assert.equal(place([chosen], request, () => 0.5).placed.length, 1, 'it fits where it was put');
            const best = all.find((each) => each.containerInstanceArn === wanted)!;
            if (zoned(order)) {
              const inZone = (name: string) =>
                all.filter((each) => each.availabilityZone === name).reduce((sum, each) => sum + each.groupCount, 0);
              assert.equal(inZone(chosen.availabilityZone), inZone(best.availabilityZone), 'spread over zones');
              const same = all.filter((each) => each.availabilityZone === chosen.availabilityZone);
              const [inside] = place(same, request, () => 0.5).placed;
              const bestInside = same.find((each) => each.containerInstanceArn === inside)!;
              assert.equal(score(order, chosen), score(order, bestInside), 'the strategy within the zone');
            } else assert.equal(score(order, chosen), score(order, best), 'the strategy');
            held.push({ arn, group, demand });
            fleet.holdTask(arn, demand, 1);
            fleet.holdPorts(arn, demand.ports, 1);
            fleet.countTask(arn, group, 1);
          },
        );
        if (taken! < count) assert.deepEqual(place(candidates(), request, () => 0.5).placed, [], 'what fits is placed');
      }
    }),
    { numRuns: 800 },
  );
});

test('strategies that only the general engine knows are left to it', () => {
  const request = {
    count: 1,
    group: 'g',
    demand: { cpuUnits: 1, memoryMiB: 1, ports: [], gpuCount: 0 },
    distinctInstance: false,
    eligibility: '',
    isEligible: () => true,
  };
  for (const strategies of [[{ type: 'random' }], [{ type: 'spread', field: 'attribute:rack' }]] as Strategy[][]) {
    assert.equal(
      new Fleet().place({ ...request, strategies }, () => {}),
      undefined,
    );
  }
});

test('an instance that left takes nothing; one that grows beyond all others is still found', () => {
  const fleet = new Fleet();
  const small: FleetInstance = {
    arn: 'a',
    zone: 'z',
    cpuUnits: 10,
    memoryMiB: 10,
    gpuCount: 0,
    eniCount: 0,
    reservedPorts: [],
    isOpen: true,
  };
  const ask = () => {
    const took: string[] = [];
    const demand = { cpuUnits: 8, memoryMiB: 8, ports: [], gpuCount: 0 };
    fleet.place(
      {
        count: 1,
        group: 'g',
        demand,
        strategies: defaultStrategies,
        distinctInstance: false,
        eligibility: '',
        isEligible: () => true,
      },
      (arn) => took.push(arn),
    );
    return took;
  };
  fleet.setInstance(small);
  assert.deepEqual(ask(), ['a']);
  fleet.removeInstance('a');
  assert.deepEqual(ask(), []);
  fleet.setInstance({ ...small, arn: 'b' });
  fleet.setInstance({ ...small, arn: 'c', cpuUnits: 1_000_000, memoryMiB: 1_000_000 });
  assert.deepEqual(ask(), ['c']);
});
