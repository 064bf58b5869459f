import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Harness, testArn, testContainer, testTask } from './harness.ts';

async function withHarness(
  options: ConstructorParameters<typeof Harness>[0],
  run: (harness: Harness) => Promise<void>,
): Promise<void> {
  const harness = new Harness(options);
  try {
    await harness.settle();
    await run(harness);
  } finally {
    harness.close();
  }
}

const healthCheck = {
  healthCheckType: 'docker' as const,
  dockerConfig: {
    config: JSON.stringify({ Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 5e9, Timeout: 2e9, Retries: 2 } }),
  },
};

describe('a task of one container', () => {
  it('is run and reported once, with its runtime id and ports', () =>
    withHarness({}, async (harness) => {
      const task = testTask('a', [testContainer('app', { portMappings: [{ containerPort: 80, hostPort: 0 }] })]);
      await harness.run(task);
      assert.deepEqual(harness.statuses(task), { app: 'RUNNING' });
      const [report, ...others] = harness.reports;
      assert.deepEqual(others, []);
      assert.equal(report?.status, 'RUNNING');
      assert.deepEqual(report?.containers, [
        {
          containerName: 'app',
          status: 'RUNNING',
          runtimeId: harness.container(task, 'app').runtimeId,
          networkBindings: [{ bindIP: '0.0.0.0', protocol: 'tcp', containerPort: 80, hostPort: 40_000 }],
        },
      ]);
      assert.deepEqual(harness.container(task, 'app').networks[0]?.ipv4Addresses, ['172.17.0.2']);
    }));

  it('stops with its exit code, in one report', () =>
    withHarness({}, async (harness) => {
      const task = testTask('a', [testContainer('app', { command: ['sh', '-c', 'sleep 5; exit 3'] })]);
      await harness.run(task);
      await harness.pass(6_000);
      const [, report] = harness.reports;
      assert.equal(report?.status, 'STOPPED');
      assert.deepEqual([report?.containers[0]?.status, report?.containers[0]?.exitCode], ['STOPPED', 3]);
      assert.ok(report?.executionStoppedAtMs);
    }));

  it('is stopped on request: SIGTERM, then SIGKILL after stopTimeout', () =>
    withHarness({}, async (harness) => {
      const task = testTask('a', [testContainer('app', { stopTimeout: 4 })]);
      await harness.run(task);
      harness.tasks.accept({ arn: task.arn, desiredStatus: 'STOPPED', containers: [] });
      await harness.pass(3_500);
      assert.deepEqual(harness.statuses(task), { app: 'RUNNING' });
      await harness.pass(1_000);
      assert.deepEqual(harness.statuses(task), { app: 'STOPPED' });
      assert.equal(harness.reports.at(-1)?.containers[0]?.exitCode, 137);
    }));

  it('is refused when it cannot be loaded, and reported STOPPED', () =>
    withHarness({}, async (harness) => {
      const cases = [
        [testContainer('app', { dependsOn: [{ containerName: 'nobody', condition: 'START' }] }), /nobody/],
        [testContainer('app', { dependsOn: [{ containerName: 'app', condition: 'START' }] }), /circular/],
        [testContainer('app', { overrides: '{"cpu":1}' }), /Unrecognized key cpu/],
        [testContainer('app', { mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }] }), /volume v/],
        [testContainer('app', { healthCheckType: 'docker' }), /health check/],
      ] as const;
      for (const [index, [container, message]] of cases.entries()) {
        await harness.run(testTask(`${index}`, [container]));
        const report = harness.reports.find((entry) => entry.taskArn === testArn(`${index}`));
        assert.equal(report?.status, 'STOPPED');
        assert.match(report!.reason, /^UnrecogniedTaskError: Error loading task - /);
        assert.match(report!.reason, message);
      }
      assert.equal(harness.engine.containers.size, 0);
    }));

  it('answers STOPPED for a task that it does not know and is to stop', () =>
    withHarness({}, async (harness) => {
      await harness.run({ arn: testArn('x'), desiredStatus: 'STOPPED', containers: [] });
      assert.deepEqual(
        harness.reports.map((report) => [report.status, report.containers.length]),
        [['STOPPED', 0]],
      );
    }));

  it('is cleaned up after the wait, with its volumes', () =>
    withHarness({ config: { cleanupWaitMs: 60_000 } }, async (harness) => {
      const task = testTask(
        'a',
        [testContainer('app', { command: ['true'], mountPoints: [{ sourceVolume: 's', containerPath: '/s' }] })],
        {
          volumes: [{ name: 's', host: {} }],
        },
      );
      await harness.run(task);
      assert.equal(harness.engine.volumes.size, 1);
      await harness.pass(59_000);
      assert.equal(harness.engine.containers.size, 1);
      await harness.pass(2_000);
      assert.deepEqual(
        [harness.engine.containers.size, harness.engine.volumes.size, harness.state.loadTasks().length],
        [0, 0, 0],
      );
    }));
});

describe('failures', () => {
  const cases = [
    { call: 'createContainer', reason: 'CannotCreateContainerError: Error response from daemon: boom' },
    { call: 'startContainer', reason: 'CannotStartContainerError: Error response from daemon: boom' },
  ] as const;
  for (const { call, reason } of cases) {
    it(`${call} fails: ${reason}`, () =>
      withHarness({}, async (harness) => {
        harness.engine.inject(call, { fault: 'error', kind: 'failed', message: 'boom' });
        await harness.run(testTask('a', [testContainer('app')]));
        const [report] = harness.reports;
        assert.deepEqual(
          [report?.status, report?.containers[0]?.reason, report?.containers[0]?.exitCode],
          ['STOPPED', reason, undefined],
        );
      }));
  }

  it('a start that hangs times out', () =>
    withHarness({}, async (harness) => {
      harness.engine.inject('startContainer', { fault: 'hang' });
      await harness.run(testTask('a', [testContainer('app')]));
      await harness.pass(181_000);
      assert.equal(
        harness.reports[0]?.containers[0]?.reason,
        'DockerTimeoutError: Could not transition to started; timed out after waiting 3m0s',
      );
    }));

  it('an image that cannot be pulled', () =>
    withHarness({ config: { imagePullBehavior: 'default' } }, async (harness) => {
      await harness.run(testTask('a', [testContainer('app', { image: 'nobody/nothing:1' })]));
      const [report] = harness.reports;
      assert.equal(report?.status, 'STOPPED');
      assert.match(
        report!.containers[0]!.reason!,
        /^CannotPullContainerError: The task can’t pull the image. Check whether the image exists. Error response from daemon: pull access denied for nobody\/nothing:1/,
      );
      assert.ok(report!.pullStartedAtMs && report!.pullStoppedAtMs);
    }));

  it('a failed pull falls back to the local image', () =>
    withHarness({ config: { imagePullBehavior: 'default' } }, async (harness) => {
      const task = testTask('a', [testContainer('app')]);
      await harness.run(task);
      assert.deepEqual(harness.statuses(task), { app: 'RUNNING' });
    }));

  it('a stop does not wait for a pull', () =>
    withHarness({ config: { imagePullBehavior: 'always' } }, async (harness) => {
      harness.engine.inject('pullImage', { fault: 'hang' });
      const task = testTask('a', [testContainer('app')]);
      await harness.run(task);
      assert.deepEqual(harness.statuses(task), { app: 'NONE' });
      harness.tasks.stop(task.arn);
      await harness.settle();
      assert.deepEqual(harness.statuses(task), { app: 'STOPPED' });
      assert.equal(harness.engine.containers.size, 0);
    }));

  it('containers that want one image share one pull', () =>
    withHarness({ config: { imagePullBehavior: 'always' }, registry: ['busybox'] }, async (harness) => {
      const task = testTask('a', [testContainer('one'), testContainer('two')]);
      await harness.run(task);
      assert.deepEqual(harness.statuses(task), { one: 'RUNNING', two: 'RUNNING' });
      assert.equal(harness.engine.calls.filter((call) => call === 'pullImage').length, 1);
      assert.match(harness.reports[0]!.containers[0]!.imageDigest!, /^sha256:/);
    }));

  it('a container that somebody starts again after its end is stopped', () =>
    withHarness({ config: { stopTimeoutMs: 1_000 } }, async (harness) => {
      const task = testTask('a', [testContainer('app')]);
      await harness.run(task);
      harness.simulated(task, 'app')!.exit(1);
      await harness.settle();
      await harness.engine.startContainer(harness.container(task, 'app').runtimeName);
      await harness.pass(2_000);
      assert.equal(harness.simulated(task, 'app')!.state, 'exited');
    }));

  it('registry authentication is refused, not skipped', () =>
    withHarness({}, async (harness) => {
      const registryAuthentication = { type: 'ecr', ecrAuthData: { region: 'us-east-1', registryId: '1' } } as const;
      await harness.run(testTask('a', [testContainer('app', { registryAuthentication })]));
      assert.match(harness.reports[0]!.reason, /^ResourceInitializationError: .*no access to secrets/);
    }));

  it('running out of memory', () =>
    withHarness({}, async (harness) => {
      const task = testTask('a', [testContainer('app')]);
      await harness.run(task);
      harness.simulated(task, 'app')!.exit(137, { oomKilled: true });
      await harness.settle();
      const report = harness.reports.at(-1);
      assert.deepEqual(
        [report?.containers[0]?.reason, report?.containers[0]?.exitCode],
        ['OutOfMemoryError: Container killed due to memory usage', 137],
      );
    }));

  it('a dynamic port that somebody took meanwhile is drawn again', () =>
    withHarness({}, async (harness) => {
      harness.engine.inject('startContainer', {
        fault: 'error',
        kind: 'failed',
        message: 'Bind for 0.0.0.0:40000 failed: port is already allocated',
      });
      const task = testTask('a', [testContainer('app', { portMappings: [{ containerPort: 80 }] })]);
      await harness.run(task);
      assert.equal(harness.container(task, 'app').networkBindings[0]?.hostPort, 40_001);
      assert.equal(harness.engine.containers.size, 1);
    }));
});

describe('dependencies', () => {
  const init = (command: string[], more = {}) => testContainer('init', { command, essential: false, ...more });
  const app = (condition: 'START' | 'COMPLETE' | 'SUCCESS' | 'HEALTHY') =>
    testContainer('app', { dependsOn: [{ containerName: 'init', condition }] });

  it('START waits for the start', () =>
    withHarness({}, async (harness) => {
      const task = testTask('a', [app('START'), init(['sleep', '600'])]);
      await harness.run(task);
      assert.deepEqual(harness.statuses(task), { app: 'RUNNING', init: 'RUNNING' });
      assert.ok(harness.simulated(task, 'init')!.startedAtMs! <= harness.simulated(task, 'app')!.startedAtMs!);
    }));

  for (const condition of ['COMPLETE', 'SUCCESS'] as const) {
    it(`${condition} waits for the exit`, () =>
      withHarness({}, async (harness) => {
        const task = testTask('a', [app(condition), init(['sh', '-c', 'sleep 5; exit 0'])]);
        await harness.run(task);
        await harness.pass(4_000);
        assert.deepEqual(harness.statuses(task), { app: 'PULLED', init: 'RUNNING' });
        await harness.pass(2_000);
        assert.deepEqual(harness.statuses(task), { app: 'RUNNING', init: 'STOPPED' });
        const entries = harness.reports.flatMap((report) =>
          report.containers.map((entry) => [report.status, entry.containerName, entry.status]),
        );
        assert.deepEqual(entries, [
          ['PENDING', 'init', 'RUNNING'],
          ['RUNNING', 'app', 'RUNNING'],
          ['RUNNING', 'init', 'STOPPED'],
        ]);
      }));
  }

  it('COMPLETE takes any exit code, SUCCESS only 0', async () => {
    await withHarness({}, async (harness) => {
      const task = testTask('a', [app('COMPLETE'), init(['sh', '-c', 'exit 1'])]);
      await harness.run(task);
      assert.deepEqual(harness.statuses(task), { app: 'RUNNING', init: 'STOPPED' });
    });
    await withHarness({}, async (harness) => {
      const task = testTask('a', [app('SUCCESS'), init(['sh', '-c', 'exit 1'])]);
      await harness.run(task);
      assert.deepEqual(harness.statuses(task), { app: 'STOPPED', init: 'STOPPED' });
      assert.match(harness.container(task, 'app').reason!, /^TaskDependencyError: .*did not exit successfully/);
      assert.equal(harness.reports.at(-1)?.status, 'STOPPED');
    });
  });

  it('HEALTHY waits for the health check', () =>
    withHarness({}, async (harness) => {
      const task = testTask('a', [app('HEALTHY'), init(['sleep', '600'], healthCheck)]);
      await harness.run(task);
      await harness.pass(4_000);
      assert.deepEqual(harness.statuses(task), { app: 'PULLED', init: 'RUNNING' });
      await harness.pass(2_000);
      assert.deepEqual(harness.statuses(task), { app: 'RUNNING', init: 'RUNNING' });
      assert.equal(harness.container(task, 'init').health?.status, 'HEALTHY');
    }));

  it('gives up after startTimeout', () =>
    withHarness({}, async (harness) => {
      const task = testTask('a', [app('SUCCESS'), init(['sleep', '600'], { startTimeout: 30 })]);
      await harness.run(task);
      await harness.pass(29_000);
      assert.deepEqual(harness.statuses(task), { app: 'PULLED', init: 'RUNNING' });
      await harness.pass(35_000);
      assert.deepEqual(harness.statuses(task), { app: 'STOPPED', init: 'STOPPED' });
      assert.match(harness.container(task, 'app').reason!, /has timed out/);
    }));

  it('links and volumesFrom wait for the start and use runtime names', () =>
    withHarness({}, async (harness) => {
      const task = testTask('a', [
        testContainer('app', { links: ['init:db'], volumesFrom: [{ sourceContainer: 'init', readOnly: true }] }),
        init(['sleep', '600']),
      ]);
      await harness.run(task);
      const name = harness.container(task, 'init').runtimeName;
      const { hostConfig } = harness.simulated(task, 'app')!.spec;
      assert.deepEqual([hostConfig.Links, hostConfig.VolumesFrom], [[`${name}:db`], [`${name}:ro`]]);
    }));

  it('stops in reverse order', () =>
    withHarness({}, async (harness) => {
      const listens = ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1; done'];
      const task = testTask('a', [
        testContainer('app', { command: listens, dependsOn: [{ containerName: 'db', condition: 'START' }] }),
        testContainer('db', { command: listens }),
      ]);
      await harness.run(task);
      harness.tasks.stop(task.arn);
      await harness.settle();
      assert.deepEqual(harness.statuses(task), { app: 'STOPPED', db: 'STOPPED' });
      const stops = harness.engine.calls.filter((call) => call === 'stopContainer').length;
      assert.equal(stops, 2);
      assert.ok(harness.simulated(task, 'app')!.finishedAtMs! <= harness.simulated(task, 'db')!.finishedAtMs!);
    }));
});

describe('essential containers', () => {
  it('one that exits takes the others with it', () =>
    withHarness({ config: { stopTimeoutMs: 2_000 } }, async (harness) => {
      const task = testTask('a', [
        testContainer('app', { command: ['sh', '-c', 'sleep 5; exit 1'] }),
        testContainer('side', { essential: false }),
      ]);
      await harness.run(task);
      await harness.pass(8_000);
      assert.deepEqual(harness.statuses(task), { app: 'STOPPED', side: 'STOPPED' });
      const last = harness.reports.at(-1);
      assert.equal(last?.status, 'STOPPED');
      assert.equal(
        harness.reports
          .flatMap((report) => report.containers)
          .find((entry) => entry.containerName === 'app' && entry.status === 'STOPPED')?.exitCode,
        1,
      );
    }));

  it('one that is not leaves the task running', () =>
    withHarness({}, async (harness) => {
      const task = testTask('a', [
        testContainer('app'),
        testContainer('side', { essential: false, command: ['sh', '-c', 'exit 1'] }),
      ]);
      await harness.run(task);
      await harness.pass(3_000);
      assert.deepEqual(harness.statuses(task), { app: 'RUNNING', side: 'STOPPED' });
      assert.equal(harness.reports.at(-1)?.status, 'RUNNING');
    }));
});

describe('restart policy', () => {
  const policy = (more = {}) => ({ restartPolicy: { enabled: true, restartAttemptPeriod: 60, ...more } });

  it('restarts in place after a long enough run, and counts', () =>
    withHarness({}, async (harness) => {
      const task = testTask('a', [testContainer('app', { command: ['sh', '-c', 'sleep 100; exit 1'], ...policy() })]);
      await harness.run(task);
      const id = harness.container(task, 'app').runtimeId;
      await harness.pass(150_000);
      const { knownStatus, restartCount, runtimeId } = harness.container(task, 'app');
      assert.deepEqual([knownStatus, restartCount, runtimeId], ['RUNNING', 1, id]);
      assert.equal(harness.reports.length, 1);
    }));

  it('does not after a run shorter than the period, an ignored exit code, or a stop', async () => {
    const cases = [
      { command: ['sh', '-c', 'sleep 10; exit 1'], ...policy() },
      { command: ['sh', '-c', 'sleep 100; exit 0'], ...policy({ ignoredExitCodes: [0] }) },
    ];
    for (const more of cases) {
      await withHarness({}, async (harness) => {
        const task = testTask('a', [testContainer('app', more)]);
        await harness.run(task);
        await harness.pass(150_000);
        assert.deepEqual(harness.statuses(task), { app: 'STOPPED' });
      });
    }
    await withHarness({}, async (harness) => {
      const task = testTask('a', [testContainer('app', { ...policy(), stopTimeout: 1 })]);
      await harness.run(task);
      await harness.pass(100_000);
      harness.tasks.stop(task.arn);
      await harness.pass(5_000);
      assert.deepEqual(harness.statuses(task), { app: 'STOPPED' });
    });
  });
});
