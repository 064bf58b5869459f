import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  clusterArn,
  containerArn,
  type DaemonRevisionArn,
  daemonArn,
  daemonDeploymentArn,
  daemonRevisionArn,
  daemonTaskDefinitionArn,
  taskArn,
} from '#model/arn.ts';
import type { DaemonDeploymentRow, DaemonRow } from '#model/daemon.ts';
import type { TaskRow } from '#model/rows.ts';
import { isServing } from '#model/task-serving.ts';
import { requestStop } from '#model/task-transition.ts';
import { UNHEALTHY_REASON } from '../service-failures.ts';
import { completeDeployment, tripBreaker } from './deployment.ts';
import { tallyDaemon } from './failures.ts';
import { type DaemonInstance, type ManagedDaemonView, planManagedDaemon } from './plan.ts';

const scope = { account: '000000000000', region: 'us-east-1' };
const revision = (n: number) => daemonRevisionArn(scope, 'c', 'd', String(n));

function daemon(change: Partial<DaemonRow> = {}): DaemonRow {
  return {
    ...scope,
    arn: daemonArn(scope, 'c', 'd'),
    clusterArn: clusterArn(scope, 'c'),
    name: 'd',
    status: 'ACTIVE',
    revisionArn: revision(2),
    taskDefinitionArns: [],
    capacityProviders: ['p'],
    critical: true,
    deploymentArn: daemonDeploymentArn(scope, 'c', 'd', '1'),
    failuresInARow: 0,
    createdAt: 0,
    updatedAt: 0,
    tags: [],
    ...change,
  };
}

function deployment(change: Partial<DaemonDeploymentRow> = {}): DaemonDeploymentRow {
  return {
    arn: daemonDeploymentArn(scope, 'c', 'd', '1'),
    daemonArn: daemonArn(scope, 'c', 'd'),
    clusterArn: clusterArn(scope, 'c'),
    status: 'IN_PROGRESS',
    targetRevisionArn: revision(2),
    sourceRevisionArns: [revision(1)],
    configuration: { drainPercent: 25, bakeTimeInMinutes: 0 },
    failureCount: 0,
    threshold: 3,
    createdAt: 0,
    ...change,
  };
}

function task(id: string, change: Partial<TaskRow> = {}): TaskRow {
  return {
    ...scope,
    arn: taskArn(scope, 'c', id),
    clusterArn: clusterArn(scope, 'c'),
    taskDefinitionArn: daemonTaskDefinitionArn(scope, 'd', 1),
    daemonArn: daemonArn(scope, 'c', 'd'),
    deploymentId: revision(2),
    group: 'daemon:d',
    launchType: 'EC2',
    desiredStatus: 'RUNNING',
    lastStatus: 'RUNNING',
    healthStatus: 'UNKNOWN',
    containers: [
      {
        arn: containerArn(scope, 'c', id, 'x'),
        name: 'app',
        image: 'app',
        essential: true,
        healthChecked: false,
        lastStatus: 'RUNNING',
        healthStatus: 'UNKNOWN',
        networkBindings: [],
        networkInterfaces: [],
        cpu: '0',
      },
    ],
    overrides: {},
    attachments: [],
    attributes: [],
    reservation: { cpuUnits: 0, memoryMiB: 0, ports: [], gpuCount: 0 },
    enableExecuteCommand: false,
    createdAt: 0,
    version: 1,
    tags: [],
    ...change,
  };
}

const on = (arn: string, tasks: TaskRow[] = [], standing: DaemonInstance['standing'] = 'wanted'): DaemonInstance => ({
  arn,
  tasks,
  standing,
  isLost: false,
});

const view = (instances: readonly DaemonInstance[], change: Partial<ManagedDaemonView> = {}): ManagedDaemonView => ({
  daemon: daemon(),
  deployment: deployment(),
  instances,
  held: false,
  nowMs: 1_000,
  ...change,
});
const old = (id: string, change: Partial<TaskRow> = {}) => task(id, { deploymentId: revision(1), ...change });
const stopped = (plan: ReturnType<typeof planManagedDaemon>) => plan.stops.map((one) => one.task.arn.split('/').at(-1));

describe('the plan of a managed daemon', () => {
  test('an instance without a task gets one at once, unless launches are held', () => {
    assert.deepEqual(planManagedDaemon(view([on('a'), on('b', [task('1')])])).launchOn, ['a']);
    assert.deepEqual(planManagedDaemon(view([on('a')], { held: true })).launchOn, []);
  });

  test('a step replaces drainPercent of the instances and waits for them', () => {
    const four = ['a', 'b', 'c', 'd'].map((name) => on(name, [old(name)]));
    assert.deepEqual(stopped(planManagedDaemon(view(four))), ['a']);
    const half = { deployment: deployment({ configuration: { drainPercent: 50, bakeTimeInMinutes: 0 } }) };
    assert.deepEqual(stopped(planManagedDaemon(view(four, half))), ['a', 'b']);
    const moving = [on('a', [old('a', { desiredStatus: 'STOPPED' })]), ...four.slice(1)];
    assert.deepEqual(stopped(planManagedDaemon(view(moving))), []);
    const pending = [on('a', [task('n', { lastStatus: 'PENDING' })]), ...four.slice(1)];
    assert.deepEqual(stopped(planManagedDaemon(view(pending))), []);
  });

  test('the bake time passes before the next step, and before the end', () => {
    const configuration = { drainPercent: 25, bakeTimeInMinutes: 2 };
    const baking = deployment({ configuration, stepUnderWay: true });
    const plan = planManagedDaemon(view([on('a', [task('1')])], { deployment: baking }));
    assert.deepEqual([plan.done, plan.bakeUntil, plan.lookAgainAt], [false, 121_000, 121_000]);
    const after = { deployment: deployment({ configuration, bakeUntil: 121_000 }), nowMs: 121_000 };
    assert.equal(planManagedDaemon(view([on('a', [task('1')])], after)).done, true);
  });

  test('an unhealthy task is stopped for its health; one that does not serve is replaced out of turn', () => {
    const { stops } = planManagedDaemon(view([on('a', [task('1', { healthStatus: 'UNHEALTHY' })])]));
    assert.deepEqual(
      stops.map((one) => one.reason),
      [UNHEALTHY_REASON],
    );
    const idle = [on('a', [old('1', { lastStatus: 'PENDING' })]), on('b', [old('2', { lastStatus: 'PENDING' })])];
    assert.deepEqual(stopped(planManagedDaemon(view(idle))), ['1', '2']);
  });

  test('what is kept is left alone, what is unwanted has no task', () => {
    const plan = planManagedDaemon(view([on('a', [old('1')], 'kept'), on('b', [task('2')], 'unwanted')]));
    assert.deepEqual([plan.launchOn, stopped(plan)], [[], ['2']]);
  });

  test('a deployment that has failed launches and replaces nothing', () => {
    const failed = { deployment: deployment({ status: 'STOPPED', finishedAt: 1 }), held: true };
    const plan = planManagedDaemon(view([on('a'), on('b', [old('1')])], failed));
    assert.deepEqual([plan.launchOn, stopped(plan), plan.done], [[], [], false]);
  });

  test('deletion stops the tasks in steps and is done without any', () => {
    const deleting = { daemon: daemon({ status: 'DELETE_IN_PROGRESS' as const }) };
    const plan = planManagedDaemon(
      view(
        ['a', 'b', 'c', 'd'].map((name) => on(name, [task(name)])),
        deleting,
      ),
    );
    assert.deepEqual(stopped(plan), ['a']);
    assert.equal(planManagedDaemon(view([on('a'), on('b')], deleting)).done, true);
  });
});

describe('failures', () => {
  const failedTask = (id: string, change: Partial<TaskRow> = {}) =>
    task(id, { lastStatus: 'STOPPED', stopCode: 'TaskFailedToStart', stoppedAt: 5, ...change });

  test('count for the deployment, and put off the next launch once a wave', () => {
    const before = { daemon: daemon(), deployment: deployment() };
    const wave = tallyDaemon(before, [failedTask('1'), failedTask('2')], 10);
    assert.deepEqual([wave.deployment.failureCount, wave.daemon.failuresInARow], [2, 1]);
    const next = tallyDaemon(wave, [failedTask('3', { createdAt: 20 })], 30);
    assert.deepEqual([next.daemon.failuresInARow, next.daemon.nextLaunchAt], [2, 1_030]);
    const meant = failedTask('4', { stopCode: 'ServiceSchedulerInitiated', stoppedReason: 'Scaling' });
    assert.equal(
      tallyDaemon(before, [meant, failedTask('5', { stopCode: 'UserInitiated' })], 10).daemon,
      before.daemon,
    );
  });

  const stable = { arn: revision(1) as DaemonRevisionArn, capacityProviders: ['q'], critical: false } as never;

  test('the circuit breaker goes back to the last revision, or stops', () => {
    const failing = { daemon: daemon(), deployment: deployment({ failureCount: 3 }) };
    const back = tripBreaker(failing, stable, 10);
    assert.deepEqual([back.deployment.status, back.daemon.revisionArn], ['ROLLBACK_IN_PROGRESS', revision(1)]);
    assert.deepEqual(back.daemon.capacityProviders, ['q']);
    assert.equal(completeDeployment(back, 20).deployment.status, 'ROLLBACK_SUCCESSFUL');
    const again = tripBreaker({ ...back, deployment: { ...back.deployment, failureCount: 3 } }, stable, 30);
    assert.equal(again.deployment.status, 'ROLLBACK_FAILED');
    assert.equal(tripBreaker(failing, undefined, 10).deployment.status, 'STOPPED');
    const few = { daemon: daemon(), deployment: deployment({ failureCount: 2 }) };
    assert.equal(tripBreaker(few, stable, 10), few);
  });
});

test('property: never two on an instance, a step at a time, and one of the revision on each in the end', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const action = fc.record({
    kind: fc.constantFrom('plan', 'report', 'die', 'deploy', 'keep', 'want'),
    some: fc.subarray(names),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), fc.constantFrom(1, 25, 60), (actions, drainPercent) => {
      const model = new Map(names.map((name) => [name, on(name)]));
      let current = 1;
      let made = 0;
      const set = (name: string, tasks: readonly TaskRow[]) => model.set(name, { ...model.get(name)!, tasks });
      const plan = () => {
        const seen = view([...model.values()], {
          daemon: daemon({ revisionArn: revision(current) }),
          deployment: deployment({ configuration: { drainPercent, bakeTimeInMinutes: 0 } }),
        });
        const planned = planManagedDaemon(seen);
        const wanted = seen.instances.filter((one) => one.standing === 'wanted').length;
        const given = planned.stops.filter((one) => isServing(one.task)).length;
        assert.ok(given <= Math.max(1, Math.floor((wanted * drainPercent) / 100)), 'more than a step');
        for (const { task: one } of planned.stops) {
          const [name, instance] = [...model].find(([, row]) => row.tasks.includes(one))!;
          const stop = { stopCode: 'ServiceSchedulerInitiated', reason: '', nowMs: 0 } as const;
          set(
            name,
            instance.tasks.map((row) => (row === one ? requestStop(row, stop) : row)),
          );
        }
        for (const name of planned.launchOn) {
          const born = task(String(made++), { deploymentId: revision(current), lastStatus: 'PENDING' });
          set(name, [...model.get(name)!.tasks, born]);
        }
        for (const { tasks } of model.values()) assert.ok(tasks.length <= 1, 'two tasks on one instance');
        return planned;
      };
      const report = (name: string) => {
        const left = model.get(name)!.tasks.filter((one) => one.desiredStatus === 'RUNNING');
        set(
          name,
          left.map((one) => ({ ...one, lastStatus: 'RUNNING' as const })),
        );
      };
      for (const { kind, some } of actions) {
        if (kind === 'plan') plan();
        else if (kind === 'deploy') current += 1;
        else if (kind === 'report') some.forEach(report);
        else if (kind === 'die') for (const name of some) set(name, []);
        else
          for (const name of some)
            model.set(name, { ...model.get(name)!, standing: kind === 'keep' ? 'kept' : 'wanted' });
      }
      for (const name of names) model.set(name, { ...model.get(name)!, standing: 'wanted' });
      for (let round = 0; round < 40; round++) {
        plan();
        names.forEach(report);
      }
      const rest = plan();
      assert.deepEqual([rest.launchOn, rest.stops, rest.done], [[], [], true]);
      for (const { tasks } of model.values()) {
        assert.deepEqual(
          tasks.map((one) => one.deploymentId),
          [revision(current)],
        );
      }
    }),
  );
});
