import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ServiceRow, TaskRow } from '#model/rows.ts';
import { isServing } from '#model/task-serving.ts';
import { requestStop } from '#model/task-transition.ts';
import { boundsOf } from './limits.ts';
import { planService, type ServicePlan, type ServiceView } from './plan.ts';
import { countZones, planMoves } from './rebalance.ts';
import { sampleDeployment, sampleService, sampleTask } from './sample-rows.ts';

const zones = new Set(['a', 'b', 'c']);
const completed = sampleDeployment('ecs-svc/1', { rolloutState: 'COMPLETED' });
const balancing = (change: Partial<ServiceRow> = {}) =>
  sampleService({ availabilityZoneRebalancing: 'ENABLED', deployments: [completed], ...change });
const running = (id: string, availabilityZone: string, change: Partial<TaskRow> = {}) =>
  sampleTask(id, { lastStatus: 'RUNNING', startedAt: 1, availabilityZone, ...change });
const at = (service: ServiceRow, tasks: readonly TaskRow[], more: Partial<ServiceView> = {}) =>
  planService({
    service,
    tasks,
    leavingInstances: new Set(),
    placementBlocked: false,
    zones: new Set(['a', 'b']),
    nowMs: 1000,
    ...more,
  });
const pair = [running('t1', 'a'), running('t2', 'a')];
const move = { taskArn: sampleTask('t3').arn, fromZone: 'a' };

test('a service whose zones differ by two starts a task in the emptiest and stops nothing yet', () => {
  const plan = at(balancing(), pair);
  assert.deepEqual(plan, { launch: 0, stops: [], steady: false, moves: [{ from: 'a', to: 'b' }] });
});

test('zones that differ by one are balanced', () => {
  const three = balancing({ desiredCount: 3 });
  assert.deepEqual(at(three, [...pair, running('t3', 'b')]), { launch: 0, stops: [], steady: true });
});

test('nothing moves when it is off, before the deployment has completed, while tasks start, or after a zone had no room', () => {
  const starting = [pair[0]!, sampleTask('t2', { availabilityZone: 'a' })];
  assert.equal(at(sampleService({ deployments: [completed] }), pair).moves, undefined);
  assert.equal(at(balancing({ deployments: [sampleDeployment('ecs-svc/1')] }), pair).moves, undefined);
  assert.equal(at(balancing(), starting).moves, undefined);
  assert.equal(at(balancing({ rebalancing: { moves: [], blockedUntil: 2000 } }), pair).moves, undefined);
  assert.equal(
    at(balancing({ rebalancing: { moves: [], blockedUntil: 2000 } }), pair, { nowMs: 2000 }).moves?.length,
    1,
  );
});

test('the task that is replaced goes when the new one serves, and only then', () => {
  const service = balancing({ rebalancing: { moves: [move] } });
  const waiting = at(service, [...pair, sampleTask('t3', { availabilityZone: 'b' })]);
  assert.deepEqual([waiting.stops.length, waiting.openMoves], [0, [move]]);
  const plan = at(service, [...pair, running('t3', 'b')]);
  assert.deepEqual(
    plan.stops.map(({ task, isMove }) => [task.availabilityZone, isMove]),
    [['a', true]],
  );
  assert.deepEqual(plan.openMoves, []);
});

test('a new task that failed ends its move, nothing is stopped for it, and the next attempt waits for the throttle', () => {
  const service = balancing({ rebalancing: { moves: [move] } });
  const plan = at(service, pair);
  assert.deepEqual([plan.stops, plan.openMoves, plan.moves], [[], [], [{ from: 'a', to: 'b' }]]);
  const throttled = { ...service, deployments: [{ ...completed, nextLaunchAt: 5000 }] };
  assert.equal(at(throttled, pair).moves, undefined);
});

test('a scale-in during a move is an ordinary scale-in', () => {
  const service = balancing({ desiredCount: 1, rebalancing: { moves: [move] } });
  const plan = at(service, [...pair, running('t3', 'b')]);
  assert.equal(plan.stops.length, 2);
  assert.ok(plan.stops.every(({ isMove }) => !isMove));
});

test('protected tasks stay where they are', () => {
  const held = pair.map((task) => ({ ...task, protectedUntil: 5000 }));
  assert.equal(at(balancing(), held).moves, undefined);
});

test('property: moves level the zones as far as tasks may leave them', () => {
  const homes = fc.array(fc.constantFrom('a', 'b', 'c', 'gone'), { maxLength: 30 });
  fc.assert(
    fc.property(homes, fc.nat(40), (places, most) => {
      const tasks = places.map((zone, n) => running(`t${n}`, zone));
      const moves = planMoves(tasks, zones, tasks, most);
      assert.ok(moves.length <= most);
      const counts = countZones(tasks, zones);
      for (const { from, to } of moves) {
        assert.ok(counts.get(from)! - counts.get(to)! > 1, 'every move makes the spread smaller');
        counts.set(from, counts.get(from)! - 1);
        counts.set(to, counts.get(to)! + 1);
      }
      if (moves.length < most) {
        const sizes = [...counts.values()];
        const least = Math.min(...['a', 'b', 'c'].map((zone) => counts.get(zone)!));
        assert.ok(Math.max(...sizes) - least <= 1, 'zones end within one task of each other');
      }
    }),
  );
});

interface World {
  service: ServiceRow;
  tasks: TaskRow[];
  born: number;
}

function apply(world: World, plan: ServicePlan): void {
  for (const { task } of plan.stops) {
    const index = world.tasks.findIndex((one) => one.arn === task.arn);
    world.tasks[index] = requestStop(task, { stopCode: 'ServiceSchedulerInitiated', reason: 'x', nowMs: 1 });
  }
  const start = (availabilityZone: string) => {
    world.born += 1;
    const task = sampleTask(`n${world.born}`, { availabilityZone, createdAt: world.born });
    world.tasks.push(task);
    return task;
  };
  for (let n = 0; n < plan.launch; n++) start('a');
  const moves = [...(plan.openMoves ?? [])];
  for (const { from, to } of plan.moves ?? []) moves.push({ taskArn: start(to).arn, fromZone: from });
  const { rebalancing: _, ...rest } = world.service;
  world.service = moves.length > 0 ? { ...rest, rebalancing: { moves } } : rest;
}

test('property: rebalancing stays within [min, max], changes nothing twice, and ends balanced', () => {
  const config = fc.record({
    desired: fc.integer({ min: 1, max: 8 }),
    min: fc.integer({ min: 0, max: 100 }),
    max: fc.integer({ min: 101, max: 250 }),
    picks: fc.array(fc.nat(1000), { minLength: 40, maxLength: 120 }),
    deaths: fc.array(fc.nat(120), { maxLength: 6 }),
  });
  fc.assert(
    fc.property(config, ({ desired, min, max, picks, deaths }) => {
      const deploymentConfiguration = { minimumHealthyPercent: min, maximumPercent: max };
      const world: World = {
        service: balancing({ desiredCount: desired, deploymentConfiguration }),
        tasks: [],
        born: 0,
      };
      const bounds = boundsOf(world.service);
      const look = () => {
        const before = world.tasks.filter(isServing).length;
        apply(world, at(world.service, world.tasks, { zones }));
        assert.ok(world.tasks.length <= bounds.max, 'never more than maximumPercent');
        assert.ok(
          world.tasks.filter(isServing).length >= Math.min(before, bounds.min),
          'never below minimumHealthyPercent',
        );
        const again = at(world.service, world.tasks, { zones });
        assert.deepEqual([again.launch, again.stops.length, again.moves], [0, 0, undefined], 'a planned state stays');
      };
      const step = (pick: number, dies: boolean) => {
        look();
        if (world.tasks.length === 0) return;
        const index = pick % world.tasks.length;
        const task = world.tasks[index]!;
        if (task.desiredStatus === 'STOPPED' || dies) world.tasks.splice(index, 1);
        else world.tasks[index] = { ...task, lastStatus: 'RUNNING', startedAt: 1 };
      };
      for (const [n, pick] of picks.entries()) step(pick, deaths.includes(n));
      for (let n = 0; n < 300; n++) step(n, false);
      const plan = at(world.service, world.tasks, { zones });
      const sizes = [...countZones(world.tasks, zones).values()];
      const spread = Math.max(...sizes) - Math.min(...sizes);
      assert.equal(world.tasks.length, desired);
      if (bounds.max > desired) assert.ok(spread <= 1 && plan.steady, `spread ${spread}`);
    }),
  );
});
