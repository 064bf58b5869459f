import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clusterArn, serviceArn, serviceDeploymentArn, serviceRevisionArn } from './arn.ts';
import { circuitBreakerThreshold } from './circuit-breaker.ts';
import type { ServiceRow } from './rows.ts';
import { moveServiceDeployment, type ServiceDeploymentRow, serviceDeploymentId } from './service-deployment.ts';

const scope = { account: '000000000000', region: 'us-east-1' };
const arn = serviceDeploymentArn(scope, 'c', 'web', 'x');
const revision = (id: string) => serviceRevisionArn(scope, 'c', 'web', id);
const pending: ServiceDeploymentRow = {
  arn,
  serviceArn: serviceArn(scope, 'c', 'web'),
  clusterArn: clusterArn(scope, 'c'),
  target: { arn: revision('2'), deploymentId: 'two' },
  sources: [{ arn: revision('1'), deploymentId: 'one' }],
  status: 'PENDING',
  deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
  createdAt: 1,
  updatedAt: 1,
};
type Deployed = readonly [
  id: string,
  status: 'PRIMARY' | 'ACTIVE',
  rolloutState: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED',
];
const service = (...deployments: readonly Deployed[]) =>
  ({
    status: 'ACTIVE',
    desiredCount: 4,
    deployments: deployments.map(([id, status, rolloutState]) => ({
      id,
      status,
      rolloutState,
      desiredCount: status === 'PRIMARY' ? 4 : 0,
      failedTasks: rolloutState === 'FAILED' ? 3 : 0,
      serviceRevisionArn: revision(id === 'one' ? '1' : '2'),
    })),
  }) as unknown as ServiceRow;
const countOf = () => ({ running: 4, pending: 0 });
const move = (row: ServiceDeploymentRow, to: ServiceRow) => moveServiceDeployment(row, to, countOf, 9);
const rolling = service(['two', 'PRIMARY', 'IN_PROGRESS'], ['one', 'ACTIVE', 'COMPLETED']);

test('it follows its deployment from PENDING to SUCCESSFUL and then stays as it is', () => {
  const started = move(pending, rolling);
  assert.deepEqual([started.status, started.startedAt, started.finishedAt], ['IN_PROGRESS', 9, undefined]);
  assert.equal(move(started, rolling), started, 'looking twice changes nothing');
  const done = move(started, service(['two', 'PRIMARY', 'COMPLETED']));
  assert.deepEqual([done.status, done.finishedAt, done.stoppedAt], ['SUCCESSFUL', 9, undefined]);
  assert.deepEqual([done.outcome!.target.requestedTaskCount, done.outcome!.target.runningTaskCount], [4, 4]);
  assert.equal(move(done, service(['three', 'PRIMARY', 'FAILED'])), done);
});

test('a rollback ends when the deployment that it goes back to does', () => {
  const back = service(['one', 'PRIMARY', 'IN_PROGRESS'], ['two', 'ACTIVE', 'FAILED']);
  const moving = move(pending, back);
  assert.deepEqual([moving.status, moving.rollback!.serviceRevisionArn], ['ROLLBACK_IN_PROGRESS', revision('1')]);
  assert.deepEqual(moving.tripped, { failureCount: 3, threshold: 3 });
  assert.equal(move(moving, back), moving);
  const done = move(moving, service(['one', 'PRIMARY', 'COMPLETED']));
  assert.deepEqual([done.status, done.outcome!.failureCount], ['ROLLBACK_SUCCESSFUL', 3]);
  assert.equal(move(moving, service(['one', 'PRIMARY', 'FAILED'])).status, 'ROLLBACK_FAILED');
});

test('a failure without anything to go back to ends it at once', () => {
  const failed = service(['two', 'PRIMARY', 'FAILED']);
  assert.equal(move(pending, failed).status, 'ROLLBACK_FAILED');
  const halting = {
    ...pending,
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } },
  };
  assert.deepEqual([move(halting, failed).status, move(halting, failed).stoppedAt], ['STOPPED', 9]);
  assert.equal(move({ ...pending, status: 'STOP_REQUESTED' }, failed).status, 'STOPPED');
  assert.equal(move({ ...pending, status: 'STOP_REQUESTED' }, failed).tripped, undefined);
  assert.equal(move(pending, { ...rolling, status: 'DRAINING' }).status, 'STOPPED');
});

test('property: ids of later service deployments sort first', () => {
  const times = fc.tuple(fc.nat(2 ** 31), fc.nat(2 ** 31), fc.uint8Array({ minLength: 13, maxLength: 13 }));
  fc.assert(
    fc.property(times, ([a, b, random]) => {
      const [older, newer] = [Math.min(a, b) * 1000, Math.max(a, b) * 1000 + 1];
      const id = serviceDeploymentId(newer, random);
      assert.match(id, /^[-\w]{21}$/);
      assert.ok(id < serviceDeploymentId(older, random));
    }),
  );
});

test('the threshold is half the desired count between 3 and 200, or what the configuration says', () => {
  const at = (desired: number, type?: 'COUNT' | 'BOUNDED_PERCENT' | 'UNBOUNDED_PERCENT', value = 50) =>
    circuitBreakerThreshold(
      {
        deploymentCircuitBreaker: {
          enable: true,
          rollback: false,
          ...(type && { thresholdConfiguration: { type, value } }),
        },
      },
      desired,
    );
  assert.deepEqual([at(1), at(20), at(21), at(1000)], [3, 10, 11, 200]);
  assert.deepEqual([at(10, 'COUNT', 1), at(10, 'BOUNDED_PERCENT', 10), at(10, 'UNBOUNDED_PERCENT', 10)], [1, 3, 1]);
  assert.deepEqual([at(1000, 'UNBOUNDED_PERCENT', 80), at(0, 'UNBOUNDED_PERCENT')], [800, 1]);
});
