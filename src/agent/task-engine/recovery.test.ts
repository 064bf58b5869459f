import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { AgentTask } from '#model/agent-messages.ts';
import type { FaultableCall } from '../engine-api/simulated.ts';
import { Harness, testContainer, testTask } from './harness.ts';

/** Reports that speak of one status of one container, or of the task. */
function countReports(harness: Harness, task: AgentTask): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  let last = '';
  for (const report of harness.reports.filter((entry) => entry.taskArn === task.arn)) {
    if (report.status !== last && report.status !== 'PENDING') add(`task ${report.status}`);
    last = report.status;
    for (const container of report.containers) add(`${container.containerName} ${container.status}`);
  }
  return counts;
}

const twoContainers = (exitCode: number): AgentTask =>
  testTask('a', [
    testContainer('init', { essential: false, command: ['sh', '-c', 'sleep 2; exit 0'] }),
    testContainer('app', {
      command: ['sh', '-c', `sleep 5; exit ${exitCode}`],
      dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }],
      portMappings: [{ containerPort: 80 }],
    }),
  ]);

async function toTheEnd(harness: Harness, task: AgentTask): Promise<void> {
  for (let turn = 0; turn < 60 && harness.tasks.tasks.byArn(task.arn)?.knownStatus !== 'STOPPED'; turn++) {
    await harness.pass(1_000, 250);
  }
}

describe('an agent that dies', () => {
  it('never doubles a container and reports each status once, wherever it was', async () => {
    // The agent is killed after a number of turns of the event loop, which falls between any two steps.
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 45 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 2 }),
        async (kills, exitCode) => {
          const harness = new Harness();
          try {
            const task = twoContainers(exitCode);
            harness.tasks.accept(task);
            for (const turns of kills) {
              for (let turn = 0; turn < turns; turn++) {
                await new Promise((resolve) => setImmediate(resolve));
                harness.clock.advance(turn % 3 === 2 ? 300 : 0);
              }
              harness.restart();
            }
            await toTheEnd(harness, task);
            const counts = countReports(harness, task);
            assert.equal(harness.engine.containers.size, 2, 'two containers, no more');
            for (const container of harness.engine.containers.values())
              assert.equal(container.starts, 1, 'started once');
            for (const [key, count] of counts) assert.equal(count, 1, `${key} reported ${count} times`);
            assert.equal(counts.get('task STOPPED'), 1);
            assert.equal(counts.get('app STOPPED'), 1);
            assert.equal(
              harness.reports.at(-1)?.containers.find((entry) => entry.containerName === 'app')?.exitCode,
              exitCode,
            );
          } finally {
            harness.close();
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('nor when the engine goes away in the middle of its calls', async () => {
    const call = fc.constantFrom(
      'inspectImage',
      'createContainer',
      'startContainer',
      'inspectContainer',
      'stopContainer',
      'listContainers',
      'watchEvents',
    );
    const scenario = fc.record({
      lost: fc.array(call as fc.Arbitrary<FaultableCall>, { maxLength: 6 }),
      crashAfter: fc.option(fc.integer({ min: 0, max: 30 })),
      killAfter: fc.option(fc.integer({ min: 0, max: 30 })),
      stopAfter: fc.option(fc.integer({ min: 0, max: 30 })),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ lost, crashAfter, killAfter, stopAfter }) => {
        const harness = new Harness({ config: { stopTimeoutMs: 1_000 } });
        try {
          for (const name of lost) harness.engine.inject(name, { fault: 'lost-answer' });
          const task = twoContainers(1);
          harness.tasks.accept(task);
          for (let turn = 0; turn <= 30; turn++) {
            await new Promise((resolve) => setImmediate(resolve));
            harness.clock.advance(turn % 3 === 2 ? 300 : 0);
            if (turn === crashAfter) {
              harness.engine.crash({ containersSurvive: true });
              await harness.pass(1_000, 250);
              harness.engine.recover();
            }
            if (turn === killAfter) harness.restart();
            if (turn === stopAfter) harness.tasks.stop(task.arn);
          }
          await toTheEnd(harness, task);
          assert.equal(harness.tasks.tasks.byArn(task.arn)?.knownStatus, 'STOPPED');
          const names = [...harness.engine.containers.values()].map((container) => container.spec.name);
          assert.equal(new Set(names).size, names.length);
          for (const container of harness.engine.containers.values()) {
            assert.ok(container.starts <= 1, 'started once at most');
            assert.notEqual(container.state, 'running');
          }
          for (const [key, count] of countReports(harness, task))
            assert.equal(count, 1, `${key} reported ${count} times`);
        } finally {
          harness.close();
        }
      }),
      { numRuns: 60 },
    );
  });

  it('reports an exit that happened meanwhile, with its exit code', async () => {
    const harness = new Harness();
    const task = testTask('a', [testContainer('app')]);
    await harness.run(task);
    harness.tasks.close();
    harness.simulated(task, 'app')!.exit(9);
    harness.restart();
    await harness.settle();
    assert.deepEqual(
      harness.reports.map((report) => [report.status, report.containers[0]?.exitCode]),
      [
        ['RUNNING', undefined],
        ['STOPPED', 9],
      ],
    );
    harness.close();
  });

  it('reports a container that vanished meanwhile as stopped', async () => {
    const harness = new Harness();
    const task = testTask('a', [testContainer('app')]);
    await harness.run(task);
    harness.tasks.close();
    await harness.engine.removeContainer(harness.container(task, 'app').runtimeName, { force: true });
    harness.restart();
    await harness.settle();
    const report = harness.reports.at(-1);
    assert.equal(report?.status, 'STOPPED');
    assert.match(report!.containers[0]!.reason!, /^CannotInspectContainerError: .*No such container/);
    harness.close();
  });

  it('adopts a container whose creation it did not live to record', async () => {
    const harness = new Harness();
    const task = testTask('a', [testContainer('app', { portMappings: [{ containerPort: 80 }] })]);
    harness.engine.inject('createContainer', { fault: 'lost-answer' });
    await harness.run(task);
    const ports = harness.container(task, 'app').networkBindings;
    harness.restart();
    await harness.pass(1_000);
    assert.deepEqual(harness.statuses(task), { app: 'RUNNING' });
    assert.equal(harness.engine.containers.size, 1);
    assert.deepEqual(harness.container(task, 'app').networkBindings, ports);
    harness.close();
  });
});

describe('an engine that cannot tell', () => {
  it('is asked again: a container that died while no agent looked is reported all the same', async () => {
    const harness = new Harness();
    const task = testTask('a', [testContainer('app')]);
    await harness.run(task);
    harness.tasks.close();
    harness.simulated(task, 'app')!.exit(3);
    for (let failures = 0; failures < 3; failures++) {
      harness.engine.inject('inspectContainer', { fault: 'error', kind: 'failed', message: 'not well' });
    }
    harness.restart();
    await harness.pass(30_000);
    assert.equal(harness.reports.at(-1)?.status, 'STOPPED');
    assert.equal(harness.reports.at(-1)?.containers[0]?.exitCode, 3);
    harness.close();
  });
});

describe('an engine that dies', () => {
  it('is waited for: exits are reported when it is back', async () => {
    const harness = new Harness();
    const task = testTask('a', [testContainer('app')]);
    await harness.run(task);
    harness.engine.crash({ containersSurvive: false });
    await harness.pass(60_000);
    assert.equal(harness.reports.length, 1);
    assert.equal(harness.tasks.isConnected, false);
    harness.engine.recover();
    await harness.pass(10_000);
    assert.deepEqual(
      [harness.reports.at(-1)?.status, harness.reports.at(-1)?.containers[0]?.exitCode],
      ['STOPPED', 137],
    );
    harness.close();
  });

  it('that keeps its containers costs nothing', async () => {
    const harness = new Harness();
    const task = testTask('a', [testContainer('app')]);
    await harness.run(task);
    harness.engine.crash({ containersSurvive: true });
    await harness.pass(20_000);
    harness.engine.recover();
    await harness.pass(10_000);
    assert.deepEqual(harness.statuses(task), { app: 'RUNNING' });
    assert.equal(harness.reports.length, 1);
    harness.close();
  });

  it('in the middle of a start, the start is done when it is back', async () => {
    for (const call of ['pullImage', 'createContainer', 'startContainer'] as const) {
      const harness = new Harness({ config: { imagePullBehavior: 'always' }, registry: ['busybox'] });
      const task = testTask('a', [testContainer('app')]);
      harness.engine.inject(call, { fault: 'lost-answer' });
      await harness.run(task);
      await harness.pass(10_000);
      assert.deepEqual(harness.statuses(task), { app: 'RUNNING' }, call);
      assert.equal(harness.engine.containers.size, 1, call);
      harness.close();
    }
  });

  it('is not given work while it is away, and then all of it', async () => {
    const harness = new Harness();
    harness.engine.crash({ containersSurvive: true });
    const tasks = ['a', 'b', 'c'].map((id) => testTask(id, [testContainer('app')]));
    for (const task of tasks) await harness.run(task);
    await harness.pass(5_000);
    assert.equal(harness.reports.length, 0);
    harness.engine.recover();
    await harness.pass(10_000);
    assert.deepEqual(
      harness.reports.map((report) => report.status),
      ['RUNNING', 'RUNNING', 'RUNNING'],
    );
    harness.close();
  });
});
