import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DeploymentRow, ServiceRow, TaskRow } from '#model/rows.ts';
import { isServing } from '#model/task-serving.ts';
import { requestStop } from '#model/task-transition.ts';
import { tallyFailures } from '../service-failures.ts';
import { failDeployment, standDeployments } from './deployments.ts';
import { boundsOf } from './limits.ts';
import { planService, primaryOf } from './plan.ts';
import { sampleDeployment, sampleService, sampleTask } from './sample-rows.ts';

const watched = (rollback: boolean, deployments: readonly DeploymentRow[], change: Partial<ServiceRow> = {}) =>
  sampleService({
    deploymentConfiguration: {
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback },
    },
    deployments,
    ...change,
  });
const good = sampleDeployment('ecs-svc/1', { status: 'ACTIVE', rolloutState: 'COMPLETED', desiredCount: 0 });
const failing = sampleDeployment('ecs-svc/2', { failedTasks: 3, failuresInARow: 3, nextLaunchAt: 9 });
const states = (service: ServiceRow) =>
  service.deployments.map(({ id, status, rolloutState }) => [id, status, rolloutState]);

test('the circuit breaker trips at its threshold and not before', () => {
  const below = watched(true, [{ ...failing, failedTasks: 2 }, good]);
  assert.deepEqual(failDeployment(below, 5), { service: below, events: [] });
  const off = { ...below, deploymentConfiguration: {}, deployments: [failing, good] };
  assert.deepEqual(failDeployment(off, 5).service, off);
});

test('with rollback the last completed deployment is PRIMARY again, with a clean tally', () => {
  const { service, events } = failDeployment(watched(true, [failing, good]), 5);
  assert.deepEqual(states(service), [
    ['ecs-svc/1', 'PRIMARY', 'IN_PROGRESS'],
    ['ecs-svc/2', 'ACTIVE', 'FAILED'],
  ]);
  const [restored, failed] = service.deployments;
  assert.equal(restored!.desiredCount, 2);
  assert.deepEqual([restored!.failedTasks, restored!.failuresInARow, restored!.nextLaunchAt], [0, 0, undefined]);
  assert.match(
    restored!.rolloutStateReason,
    /^ECS deployment circuit breaker: rolling back to deploymentId ecs-svc\/1\.$/,
  );
  assert.equal(failed!.rolloutStateReason, 'ECS deployment circuit breaker: tasks failed to start.');
  assert.deepEqual(events, [
    '(service web) (deployment ecs-svc/2) deployment failed: tasks failed to start.',
    '(service web) rolling back to deployment ecs-svc/1.',
  ]);
});

test('without rollback, or without a completed deployment, it stays PRIMARY, FAILED, and launches nothing', () => {
  const unfinished = { ...good, rolloutState: 'IN_PROGRESS' as const };
  for (const service of [watched(false, [failing, good]), watched(true, [failing, unfinished])]) {
    const after = failDeployment(service, 5).service;
    assert.deepEqual(states(after)[0], ['ecs-svc/2', 'PRIMARY', 'FAILED']);
    const view = {
      service: after,
      tasks: [],
      leavingInstances: new Set<string>(),
      placementBlocked: false,
      nowMs: 100,
    };
    assert.equal(planService(view).launch, 0);
  }
});

test('a client can ask for the rollback, or for the end alone, without a circuit breaker', () => {
  const service = { ...watched(false, [{ ...failing, failedTasks: 0 }, good]), deploymentConfiguration: {} };
  assert.deepEqual(states(failDeployment(service, 5, 'ROLLBACK_REQUESTED').service)[0], [
    'ecs-svc/1',
    'PRIMARY',
    'IN_PROGRESS',
  ]);
  assert.deepEqual(states(failDeployment(service, 5, 'STOP_REQUESTED').service)[0], ['ecs-svc/2', 'PRIMARY', 'FAILED']);
});

test('a healthy task resets the count of failures, once', () => {
  const rules = { healthyAfterMs: 1000 };
  const failed = (id: string) => sampleTask(id, { lastStatus: 'STOPPED', stoppedAt: 1, stopCode: 'TaskFailedToStart' });
  const healthy = (startedAt: number) => sampleTask('h', { lastStatus: 'RUNNING', startedAt });
  let deployment = sampleDeployment('ecs-svc/1');
  const tally = (ended: TaskRow[], live: TaskRow[], nowMs: number, more = {}) => {
    ({ deployment } = tallyFailures(deployment, ended, live, nowMs, { ...rules, ...more }));
    return deployment.failedTasks;
  };
  assert.equal(tally([failed('a'), failed('b')], [], 10), 2);
  assert.equal(tally([failed('c')], [healthy(500)], 1499), 3);
  assert.equal(tally([], [healthy(500)], 1500), 0);
  assert.equal(tally([failed('d')], [healthy(500)], 1600), 1);
  assert.equal(tally([failed('e')], [healthy(500)], 1700), 2);
  assert.equal(tally([], [healthy(1800)], 2900, { resetOnHealthyTask: false }), 2);
  assert.equal(tally([], [healthy(1900)], 2950), 0);
});

test('a task that crashes before it counts as healthy has failed; one that a user stopped has not', () => {
  const crashed = sampleTask('a', {
    lastStatus: 'STOPPED',
    startedAt: 1,
    stoppedAt: 35_000,
    stopCode: 'EssentialContainerExited',
  });
  const deployment = sampleDeployment('ecs-svc/1');
  const count = (task: TaskRow, change = {}) =>
    tallyFailures({ ...deployment, ...change }, [task], [], 50, { healthyAfterMs: 40_000 }).deployment.failedTasks;
  assert.equal(count(crashed), 1);
  assert.equal(count(crashed, { rolloutState: 'COMPLETED' }), 0);
  assert.equal(count({ ...crashed, stopCode: 'UserInitiated' }), 0);
});

test('property: within [min, max] at every step of a rollback, which ends with the old revision alone', () => {
  const config = fc.record({
    desired: fc.integer({ min: 1, max: 8 }),
    min: fc.integer({ min: 0, max: 100 }),
    max: fc.integer({ min: 100, max: 250 }),
    picks: fc.array(fc.nat(1000), { maxLength: 120 }),
  });
  fc.assert(
    fc.property(config, ({ desired, min, max, picks }) => {
      const running = (n: number) => sampleTask(`old${n}`, { lastStatus: 'RUNNING', startedAt: 1 });
      const tasks = Array.from({ length: desired }, (_, n) => running(n));
      let service = watched(true, [sampleDeployment('ecs-svc/2', { desiredCount: desired }), good], {
        desiredCount: desired,
      });
      service = {
        ...service,
        deploymentConfiguration: {
          ...service.deploymentConfiguration,
          minimumHealthyPercent: min,
          maximumPercent: max,
        },
      };
      const bounds = boundsOf(service);
      let born = 0;
      const step = (pick: number) => {
        const before = tasks.filter(isServing).length;
        ({ service } = failDeployment(service, 1e9));
        const view = { service, tasks, leavingInstances: new Set<string>(), placementBlocked: false, nowMs: 1e9 };
        const plan = planService(view);
        for (const { task } of plan.stops) {
          const at = tasks.indexOf(task);
          tasks[at] = requestStop(task, { stopCode: 'ServiceSchedulerInitiated', reason: 'x', nowMs: 1 });
        }
        const { id } = primaryOf(service);
        for (let n = 0; n < plan.launch; n++)
          tasks.push(sampleTask(`new${born++}`, { deploymentId: id, createdAt: born }));
        assert.ok(tasks.length <= bounds.max, 'never more than maximumPercent');
        assert.ok(tasks.filter(isServing).length >= Math.min(before, bounds.min), 'never below minimumHealthyPercent');
        ({ service } = standDeployments(service, tasks, plan.steady, 1e9));
        if (tasks.length === 0) return;
        const at = pick % tasks.length;
        const task = tasks[at]!;
        if (task.desiredStatus === 'STOPPED') tasks.splice(at, 1);
        else if (task.deploymentId === 'ecs-svc/2') {
          tasks.splice(at, 1);
          const stopped = {
            ...task,
            lastStatus: 'STOPPED' as const,
            stoppedAt: 1,
            stopCode: 'TaskFailedToStart' as const,
          };
          const deployments = service.deployments.map((one) => {
            const { deployment } = tallyFailures(one, [stopped], [], 0);
            return { ...deployment, nextLaunchAt: undefined };
          });
          service = { ...service, deployments };
        } else tasks[at] = { ...task, lastStatus: 'RUNNING', startedAt: 1 };
      };
      for (const pick of picks) step(pick);
      for (let n = 0; n < 500; n++) step(n);
      const canMove = bounds.max > desired || bounds.min < desired;
      if (!canMove) return;
      assert.deepEqual(states(service), [['ecs-svc/1', 'PRIMARY', 'COMPLETED']]);
      assert.ok(tasks.length === desired && tasks.every((task) => task.deploymentId === 'ecs-svc/1'));
    }),
  );
});
