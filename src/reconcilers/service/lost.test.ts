/** Tasks on lost instances and tasks that nobody reports on, as the plan sees them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceRow, TaskRow } from '#model/rows.ts';
import { planService, type ServiceView } from './plan.ts';
import { sampleDeployment, sampleService, sampleTask } from './sample-rows.ts';

const at = (service: ServiceRow, tasks: readonly TaskRow[], more: Partial<ServiceView> = {}) =>
  planService({ service, tasks, leavingInstances: new Set(), placementBlocked: false, nowMs: 10_000, ...more });
const running = (id: string, change: Partial<TaskRow> = {}) =>
  sampleTask(id, { lastStatus: 'RUNNING', startedAt: 1, ...change });
const two = sampleService();
const tight = sampleService({ deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 100 } });

test('lost tasks are replaced at once, even where maximumPercent leaves no room for both, and stay until then', () => {
  const lost = [running('a'), running('b')];
  const plan = at(tight, [], { lost });
  assert.deepEqual([plan.launch, plan.stops, plan.steady], [2, [], false]);
  assert.deepEqual(at(tight, [sampleTask('c'), sampleTask('d')], { lost }).stops, []);
});

test('a lost task goes when another serves in its place, and counts as stopped at once', () => {
  const lost = [running('a', { createdAt: 1 }), running('b', { createdAt: 2 })];
  const plan = at(two, [running('c'), sampleTask('d')], { lost });
  assert.deepEqual(
    plan.stops.map(({ task, isLost }) => [task.arn.slice(-1), isLost]),
    [['b', true]],
  );
  assert.equal(at(two, [running('c'), running('d')], { lost: lost.slice(0, 1) }).stops.length, 1);
});

test('when the agent is back first, its tasks are kept and the replacements that do not serve yet go', () => {
  const plan = at(two, [running('a'), running('b'), sampleTask('c'), sampleTask('d')]);
  assert.deepEqual(plan.stops.map(({ task }) => task.arn.slice(-1)).sort(), ['c', 'd']);
});

test('a deleted service does not wait for lost tasks', () => {
  const deleted = sampleService({ status: 'DRAINING', desiredCount: 0 });
  assert.deepEqual(
    at(deleted, [], { lost: [running('a')] }).stops.map(({ isLost }) => isLost),
    [true],
  );
});

test('a task without a word for pendingTimeoutMs is given up and replaced, counting as a failure to start', () => {
  const watch = { pendingTimeoutMs: 5000 };
  const tasks = [running('a'), sampleTask('b', { createdAt: 6000 })];
  assert.deepEqual(at(two, tasks, watch), { launch: 0, stops: [], steady: false, lookAgainAt: 11_000 });
  const late = at(two, tasks, { ...watch, nowMs: 11_000 });
  assert.deepEqual([late.launch, late.stops.map(({ stopCode }) => stopCode)], [1, ['TaskFailedToStart']]);
  assert.match(late.stops[0]!.reason, /its agent has not reported on it for 5 seconds$/);
});

test('time in which nobody could report does not count, and a pull that has begun is no silence', () => {
  const watch = { pendingTimeoutMs: 5000, nowMs: 11_000 };
  const silent = sampleTask('b', { createdAt: 1 });
  assert.equal(at(two, [running('a'), silent], { ...watch, watchingSince: 9000 }).stops.length, 0);
  assert.equal(at(two, [running('a'), { ...silent, pullStartedAt: 2 }], watch).stops.length, 0);
});

test('a task that does not answer its stop either counts as stopped after a while', () => {
  const told = { desiredStatus: 'STOPPED', stoppingAt: 1000, stopCode: 'TaskFailedToStart' } as const;
  const tasks = [running('a'), running('c'), sampleTask('b', told)];
  const watch = { pendingTimeoutMs: 5000 };
  const waiting = at(two, tasks, watch);
  assert.deepEqual([waiting.stops, waiting.lookAgainAt], [[], 121_000]);
  assert.deepEqual(
    at(two, tasks, { ...watch, nowMs: 121_000 }).stops.map(({ isLost }) => isLost),
    [true],
  );
});

test('where a circuit breaker watches, a task without a health check counts as healthy only after healthyAfterMs', () => {
  const deploymentConfiguration = {
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    deploymentCircuitBreaker: { enable: true, rollback: true },
  };
  const deployments = [sampleDeployment('ecs-svc/2'), sampleDeployment('ecs-svc/1', { status: 'ACTIVE' })];
  const service = sampleService({ deploymentConfiguration, deployments });
  const fresh = { deploymentId: 'ecs-svc/2', startedAt: 9000 };
  const tasks = [running('a'), running('b'), running('c', fresh), running('d', fresh)];
  const young = at(service, tasks, { healthyAfterMs: 5000 });
  assert.deepEqual([young.stops, young.steady, young.lookAgainAt], [[], false, 14_000]);
  assert.equal(at(service, tasks, { healthyAfterMs: 5000, nowMs: 14_000 }).stops.length, 2);
});
