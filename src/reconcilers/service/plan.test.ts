import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ServiceRow, TaskRow } from '#model/rows.ts';
import { isServing } from '#model/task-serving.ts';
import { requestStop } from '#model/task-transition.ts';
import { boundsOf } from './limits.ts';
import { planService, primaryOf, type ServicePlan } from './plan.ts';
import { sampleDeployment, sampleService, sampleTask } from './sample-rows.ts';

const at = (service: ServiceRow, tasks: readonly TaskRow[], more = {}) =>
  planService({ service, tasks, leavingInstances: new Set(), placementBlocked: false, nowMs: 1000, ...more });
const stopped = (plan: ServicePlan) => plan.stops.map(({ task }) => task.arn.slice(-1)).sort();
const running = (id: string, change: Partial<TaskRow> = {}) =>
  sampleTask(id, { lastStatus: 'RUNNING', startedAt: 1, ...change });

const two = sampleService();
const rolling = (change: Partial<ServiceRow> = {}) =>
  sampleService({
    deployments: [sampleDeployment('ecs-svc/2'), sampleDeployment('ecs-svc/1', { status: 'ACTIVE' })],
    ...change,
  });
const fresh = { deploymentId: 'ecs-svc/2' };

test('a new service launches what it wants', () => {
  assert.equal(at(two, []).launch, 2);
});

test('a service that has what it wants does nothing and is steady', () => {
  assert.deepEqual(at(two, [running('a'), running('b')]), { launch: 0, stops: [], steady: true });
});

test('a starting task counts, but is not steady', () => {
  assert.deepEqual(at(two, [running('a'), sampleTask('b')]), { launch: 0, stops: [], steady: false });
});

test('scale-in stops tasks that do not serve first, then the newest', () => {
  const one = sampleService({ desiredCount: 1 });
  assert.deepEqual(
    stopped(at(one, [running('a', { createdAt: 1 }), sampleTask('b'), running('c', { createdAt: 5 })])),
    ['b', 'c'],
  );
});

test('a rolling update starts new tasks first where maximumPercent allows, and keeps the old ones until they serve', () => {
  const old = [running('a'), running('b')];
  assert.equal(at(rolling(), old).launch, 2);
  assert.deepEqual(stopped(at(rolling(), [...old, sampleTask('c', fresh), sampleTask('d', fresh)])), []);
  assert.equal(stopped(at(rolling(), [...old, running('c', fresh), sampleTask('d', fresh)])).length, 1);
  assert.deepEqual(stopped(at(rolling(), [...old, running('c', fresh), running('d', fresh)])), ['a', 'b']);
});

test('with maximumPercent 100 room is made within minimumHealthyPercent, once', () => {
  const service = rolling({ deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 100 } });
  const old = [running('a'), running('b')];
  const first = at(service, old);
  assert.equal(first.launch, 0);
  assert.equal(first.stops.length, 1);
  const after = old.map((task) =>
    first.stops.some((stop) => stop.task === task)
      ? requestStop(task, { stopCode: 'ServiceSchedulerInitiated', reason: 'x', nowMs: 1 })
      : task,
  );
  assert.deepEqual(at(service, after), { launch: 0, stops: [], steady: false });
});

test('when placement finds no room, old tasks give way as far as minimumHealthyPercent allows', () => {
  const service = rolling({ deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 200 } });
  assert.deepEqual(stopped(at(service, [running('a'), running('b')])), []);
  assert.equal(at(service, [running('a'), running('b')], { placementBlocked: true }).stops.length, 1);
});

test('an unhealthy task is replaced before it goes, and goes with the reason', () => {
  const sick = { ...sampleTask('a', { lastStatus: 'RUNNING', startedAt: 1, healthStatus: 'UNHEALTHY' }, true) };
  const well = { ...sampleTask('b', { lastStatus: 'RUNNING', startedAt: 1, healthStatus: 'HEALTHY' }, true) };
  const plan = at(two, [sick, well]);
  assert.equal(plan.launch, 1);
  const replaced = at(two, [sick, well, { ...well, arn: sampleTask('c').arn }]);
  assert.deepEqual(
    replaced.stops.map(({ reason }) => reason),
    ['Task failed container health checks'],
  );
});

test('the grace period holds a failing check back and says when to look again', () => {
  const sick = sampleTask('a', { lastStatus: 'RUNNING', startedAt: 1000, healthStatus: 'UNHEALTHY' }, true);
  const service = sampleService({ desiredCount: 1, healthCheckGracePeriodSeconds: 60 });
  assert.deepEqual(at(service, [sick]), { launch: 0, stops: [], steady: false, lookAgainAt: 61_000 });
});

test('tasks on a draining instance are replaced', () => {
  const tasks = [running('a'), running('b')];
  assert.equal(at(two, tasks, { leavingInstances: new Set([tasks[0]!.containerInstanceArn]) }).launch, 2);
});

test('a throttled deployment waits and says until when', () => {
  const service = sampleService({ deployments: [sampleDeployment('ecs-svc/1', { nextLaunchAt: 5000 })] });
  assert.deepEqual(at(service, []), { launch: 0, stops: [], steady: false, lookAgainAt: 5000 });
});

test('a throttled deployment takes no old task away to make room', () => {
  const service = rolling({ deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 100 } });
  const held = {
    ...service,
    deployments: [{ ...service.deployments[0]!, nextLaunchAt: 5000 }, service.deployments[1]!],
  };
  assert.deepEqual(stopped(at(held, [running('a'), running('b')])), []);
});

test('percentages that allow neither a launch nor a stop are said to be in the way', () => {
  const service = rolling({
    desiredCount: 1,
    deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 150 },
  });
  assert.equal(at(service, [running('a')]).stuck, true);
  assert.equal(at(two, [running('a'), running('b')]).stuck, undefined);
});

test('scale-in of thousands takes from the fullest zone and instance, in little time', () => {
  const tasks = Array.from({ length: 3000 }, (_, n) =>
    running(`t${n}`, {
      availabilityZone: n % 3 ? 'a' : 'b',
      containerInstanceArn: `i${n % 300}` as never,
      createdAt: n,
    }),
  );
  const plan = at(sampleService({ desiredCount: 1000 }), tasks);
  const left = tasks.filter((task) => !plan.stops.some((stop) => stop.task === task));
  assert.equal(left.filter((task) => task.availabilityZone === 'a').length, 500);
});

test('scale-in leaves protected tasks alone, and looks again when the first protection ends', () => {
  const one = sampleService({ desiredCount: 1 });
  const tasks = [
    running('a', { protectedUntil: 9000 }),
    running('b'),
    running('c', { protectedUntil: 5000 }),
    running('d', { protectedUntil: 1000 }),
  ];
  const plan = at(one, tasks);
  assert.deepEqual(stopped(plan), ['b', 'd']);
  assert.equal(plan.lookAgainAt, 5000);
  const rest = tasks.filter(({ protectedUntil = 0 }) => protectedUntil > 1000);
  assert.deepEqual(at(one, rest), { launch: 0, stops: [], steady: false, lookAgainAt: 5000 });
  assert.deepEqual(stopped(at(one, rest, { nowMs: 5000 })), ['c']);
});

test('a protected task of an old deployment stays until its protection ends', () => {
  const old = [running('a', { protectedUntil: 9000 }), running('b')];
  const replaced = [...old, running('c', fresh), running('d', fresh)];
  assert.deepEqual(stopped(at(rolling(), replaced)), ['b']);
  const kept = replaced.filter((task) => task !== old[1]);
  assert.deepEqual(at(rolling(), kept), { launch: 0, stops: [], steady: false, lookAgainAt: 9000 });
  assert.deepEqual(stopped(at(rolling(), kept, { nowMs: 9000 })), ['a']);
});

test('a protected task that has not started yet stays too; one that fails its health checks is replaced', () => {
  const starting = sampleTask('a', { protectedUntil: 9000 });
  assert.deepEqual(stopped(at(rolling(), [starting, running('c', fresh), running('d', fresh)])), []);
  const health = { lastStatus: 'RUNNING', startedAt: 1, protectedUntil: 9000 } as const;
  const sick = sampleTask('a', { ...health, healthStatus: 'UNHEALTHY' }, true);
  const well = (id: string) => sampleTask(id, { ...health, healthStatus: 'HEALTHY' }, true);
  assert.deepEqual(stopped(at(two, [sick, well('b'), well('c')])), ['a']);
});

test('a service that is being deleted stops everything', () => {
  assert.deepEqual(
    stopped(at(sampleService({ status: 'DRAINING', desiredCount: 0 }), [running('a'), sampleTask('b')])),
    ['a', 'b'],
  );
});

interface World {
  service: ServiceRow;
  tasks: TaskRow[];
  born: number;
}

function apply(world: World, plan: ServicePlan): void {
  for (const { task } of plan.stops) {
    const at = world.tasks.findIndex((candidate) => candidate.arn === task.arn);
    world.tasks[at] = requestStop(world.tasks[at]!, { stopCode: 'ServiceSchedulerInitiated', reason: 'x', nowMs: 1 });
  }
  for (let n = 0; n < plan.launch; n++) {
    world.born += 1;
    world.tasks.push(
      sampleTask(`t${world.born}`, { deploymentId: primaryOf(world.service).id, createdAt: world.born }),
    );
  }
}

function stepTask(world: World, pick: number): void {
  if (world.tasks.length === 0) return;
  const index = pick % world.tasks.length;
  const task = world.tasks[index]!;
  if (task.desiredStatus === 'STOPPED') world.tasks.splice(index, 1);
  else if (task.lastStatus === 'PENDING') world.tasks[index] = { ...task, lastStatus: 'RUNNING', startedAt: 1 };
}

test('property: within [min, max] at every step, idempotent, and converging', () => {
  const config = fc.record({
    desired: fc.integer({ min: 1, max: 8 }),
    min: fc.integer({ min: 0, max: 100 }),
    max: fc.integer({ min: 100, max: 200 }),
    deployAt: fc.integer({ min: 0, max: 40 }),
    picks: fc.array(fc.nat(1000), { minLength: 60, maxLength: 200 }),
  });
  fc.assert(
    fc.property(config, ({ desired, min, max, deployAt, picks }) => {
      const deploymentConfiguration = { minimumHealthyPercent: min, maximumPercent: max };
      const world: World = {
        service: sampleService({ desiredCount: desired, deploymentConfiguration }),
        tasks: [],
        born: 0,
      };
      const bounds = boundsOf(world.service);
      let reached = false;
      const look = () => {
        const servingBefore = world.tasks.filter(isServing).length;
        apply(world, at(world.service, world.tasks));
        assert.ok(world.tasks.length <= bounds.max, 'never more than maximumPercent');
        const serving = world.tasks.filter(isServing).length;
        assert.ok(
          serving >= Math.min(servingBefore, bounds.min),
          'the scheduler never goes below minimumHealthyPercent',
        );
        const again = at(world.service, world.tasks);
        assert.deepEqual([again.launch, again.stops.length], [0, 0], 'planning a planned state changes nothing');
        reached ||= serving >= desired;
      };
      picks.forEach((pick, step) => {
        if (step === deployAt) {
          const [old] = world.service.deployments;
          const deployments = [sampleDeployment('ecs-svc/2'), { ...old!, status: 'ACTIVE' as const }];
          world.service = { ...world.service, deployments };
        }
        look();
        stepTask(world, pick);
      });
      const stuck = bounds.max === desired && bounds.min === desired;
      for (let step = 0; step < 400; step++) {
        look();
        stepTask(world, step);
      }
      assert.ok(reached);
      if (!stuck) assert.ok(at(world.service, world.tasks).steady, 'it converges');
    }),
    { numRuns: 300 },
  );
});
