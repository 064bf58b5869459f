import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { clusterArn, containerArn, taskArn, taskDefinitionArn } from './arn.ts';
import type { TaskContainerRow, TaskRow } from './rows.ts';
import {
  advanceContainer,
  advanceTask,
  containerStatuses,
  healthStatuses,
  isStarting,
  isStopped,
  taskHealth,
  taskStatuses,
} from './task-status.ts';
import { applyHealth, applyReport, loseTask, requestStop, type TaskReport } from './task-transition.ts';

const scope = { account: '123456789012', region: 'eu-central-1' };

const container = (name: string, essential: boolean, healthChecked: boolean): TaskContainerRow => ({
  arn: containerArn(scope, 'blue', 'f00', name),
  name,
  image: 'busybox',
  essential,
  healthChecked,
  lastStatus: 'PENDING',
  healthStatus: 'UNKNOWN',
  networkBindings: [],
  networkInterfaces: [],
  cpu: '0',
});

const born: TaskRow = {
  ...scope,
  arn: taskArn(scope, 'blue', 'f00'),
  clusterArn: clusterArn(scope, 'blue'),
  taskDefinitionArn: taskDefinitionArn(scope, 'web', 1),
  group: 'family:web',
  launchType: 'EC2',
  desiredStatus: 'RUNNING',
  lastStatus: 'PENDING',
  healthStatus: 'UNKNOWN',
  containers: [container('web', true, true), container('side', false, false)],
  overrides: {},
  attachments: [],
  attributes: [],
  reservation: { cpuUnits: 0, memoryMiB: 64, ports: [], gpuCount: 0 },
  enableExecuteCommand: false,
  createdAt: 0,
  version: 1,
  tags: [],
};

type Message = (task: TaskRow, nowMs: number) => TaskRow;

const containerName = fc.constantFrom('web', 'side', 'stranger');
const report: fc.Arbitrary<TaskReport> = fc.record(
  {
    status: fc.constantFrom(...taskStatuses, 'MANIFEST_PULLED', ''),
    reason: fc.constantFrom('', 'why'),
    containers: fc.array(
      fc.record(
        {
          containerName,
          status: fc.constantFrom(...containerStatuses, 'CREATED', ''),
          exitCode: fc.integer({ min: 0, max: 255 }),
          reason: fc.constantFrom('', 'CannotPullContainerError: no'),
          runtimeId: fc.constantFrom('', 'c0ffee'),
        },
        { requiredKeys: ['containerName'] },
      ),
      { maxLength: 3 },
    ),
    pullStartedAt: fc.nat(),
    executionStoppedAt: fc.nat(),
  },
  { requiredKeys: ['containers'] },
);
const stop = { stopCode: 'UserInitiated', reason: 'because' } as const;
const message: fc.Arbitrary<Message> = fc.oneof(
  {
    weight: 6,
    arbitrary: report.map(
      (said): Message =>
        (task, nowMs) =>
          applyReport(task, said, nowMs),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.array(fc.record({ containerName, healthStatus: fc.constantFrom(...healthStatuses) })).map(
      (health): Message =>
        (task) =>
          applyHealth(task, health),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Message>((task, nowMs) => requestStop(task, { ...stop, nowMs })) },
  { weight: 1, arbitrary: fc.constant<Message>((task, nowMs) => loseTask(task, { ...stop, nowMs })) },
);

const rankOf = (task: TaskRow) => taskStatuses.indexOf(task.lastStatus);

describe('the lattices', () => {
  it('give the later status, whichever comes first', () => {
    for (const [i, a] of taskStatuses.entries()) {
      for (const [j, b] of taskStatuses.entries()) {
        assert.equal(advanceTask(a, b), taskStatuses[Math.max(i, j)]);
      }
    }
    for (const [i, a] of containerStatuses.entries()) {
      for (const [j, b] of containerStatuses.entries()) {
        assert.equal(advanceContainer(a, b), containerStatuses[Math.max(i, j)]);
      }
    }
  });

  it('know starting from stopped', () => {
    assert.deepEqual(taskStatuses.filter(isStarting), ['PROVISIONING', 'PENDING', 'ACTIVATING']);
    assert.deepEqual(taskStatuses.filter(isStopped), ['STOPPED']);
  });

  it('derive a task’s health from its essential containers that have a check', () => {
    const of = (...states: [essential: boolean, checked: boolean, health: 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN'][]) =>
      taskHealth(
        states.map(([essential, healthChecked, healthStatus]) => ({ essential, healthChecked, healthStatus })),
      );
    assert.equal(of(), 'UNKNOWN');
    assert.equal(of([true, false, 'HEALTHY']), 'UNKNOWN');
    assert.equal(of([true, true, 'HEALTHY'], [false, true, 'UNHEALTHY']), 'HEALTHY');
    assert.equal(of([true, true, 'HEALTHY'], [true, true, 'UNKNOWN']), 'UNKNOWN');
    assert.equal(of([true, true, 'UNKNOWN'], [true, true, 'UNHEALTHY']), 'UNHEALTHY');
  });
});

describe('a task', () => {
  it('never moves backwards, under any messages in any order and number', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 25 }), (messages) => {
        let task = born;
        for (const [nowMs, apply] of messages.entries()) {
          const before = JSON.stringify(task);
          const next = apply(task, nowMs);
          assert.equal(JSON.stringify(task), before, 'a row was changed in place');
          assert.ok(rankOf(next) >= rankOf(task), `${task.lastStatus} → ${next.lastStatus}`);
          for (const [i, { lastStatus }] of next.containers.entries()) {
            assert.equal(advanceContainer(task.containers[i]!.lastStatus, lastStatus), lastStatus);
          }
          if (task.desiredStatus === 'STOPPED') assert.equal(next.desiredStatus, 'STOPPED');
          if (task.lastStatus === 'STOPPED') assert.equal(next, task, 'a stopped task changed');
          if (task.stopCode !== undefined) {
            assert.deepEqual([next.stopCode, next.stoppedReason], [task.stopCode, task.stoppedReason]);
          }
          for (const time of ['startedAt', 'stoppingAt', 'stoppedAt', 'executionStoppedAt', 'pullStartedAt'] as const) {
            if (task[time] !== undefined) assert.equal(next[time], task[time], `${time} moved`);
          }
          assert.equal(next.version > task.version, next !== task, 'the version counts the changes');
          if (next.lastStatus === 'STOPPED') {
            assert.ok(next.stopCode && next.stoppedReason && next.stoppedAt !== undefined);
            assert.ok(next.containers.every(({ lastStatus }) => lastStatus === 'STOPPED'));
          }
          task = next;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('ignores a message that it has had', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), report, (messages, said) => {
        const task = messages.reduce((row, apply, nowMs) => apply(row, nowMs), born);
        const once = applyReport(task, said, 100);
        assert.equal(applyReport(once, said, 200), once);
      }),
    );
  });

  it('ends in the same statuses whatever the order of its reports', () => {
    fc.assert(
      fc.property(fc.array(report, { maxLength: 6 }), fc.infiniteStream(fc.nat()), (reports, draws) => {
        const live = reports.filter(({ status }) => status !== 'STOPPED');
        const shuffled = live
          .map((said) => ({ said, at: draws.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ said }) => said);
        const end = (order: TaskReport[]) => {
          const task = order.reduce((row, said, nowMs) => applyReport(row, said, nowMs), born);
          return [task.lastStatus, ...task.containers.map(({ lastStatus }) => lastStatus)];
        };
        assert.deepEqual(end(shuffled), end(live));
      }),
    );
  });

  it('says why it stopped', () => {
    const exited = applyReport(born, { status: 'RUNNING', containers: [] }, 1);
    const ended = applyReport(exited, { status: 'STOPPED', containers: [{ containerName: 'web', exitCode: 3 }] }, 2);
    assert.equal(ended.stopCode, 'EssentialContainerExited');
    assert.equal(ended.stoppedReason, 'Essential container in task exited');
    const reason = 'CannotPullContainerError: not found';
    const failed = applyReport(born, { status: 'STOPPED', containers: [{ containerName: 'web', reason }] }, 1);
    assert.deepEqual([failed.stopCode, failed.stoppedReason], ['TaskFailedToStart', reason]);
    const asked = requestStop(exited, { ...stop, nowMs: 2 });
    const obeyed = applyReport(asked, { status: 'STOPPED', reason: 'other', containers: [] }, 3);
    assert.deepEqual([obeyed.stopCode, obeyed.stoppedReason, obeyed.stoppingAt], ['UserInitiated', 'because', 2]);
  });
});
