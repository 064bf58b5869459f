import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RoleCredentials } from '#model/agent-messages.ts';
import { Harness, type HarnessOptions, testContainer, testTask } from './harness.ts';
import { type GatherResources, TaskResourceError } from './task-resources.ts';

const canary = 'canary-in-memory-only';
const secret = {
  name: 'PASSWORD',
  valueFrom: '/p',
  region: 'us-east-1',
  provider: 'ssm',
  type: 'ENVIRONMENT_VARIABLE',
  target: 'CONTAINER',
} as const;

const role = (credentialsId: string): RoleCredentials => ({
  credentialsId,
  roleArn: 'r',
  accessKeyId: 'ASIA',
  secretAccessKey: 's',
  sessionToken: 't',
  expiration: '2099-01-01T00:00:00Z',
});

async function withHarness(options: HarnessOptions, body: (harness: Harness) => Promise<void>): Promise<void> {
  const harness = new Harness(options);
  try {
    await body(harness);
  } finally {
    harness.close();
  }
}

const gathers =
  (result: () => Promise<Awaited<ReturnType<GatherResources>>>): GatherResources =>
  (_task, credentials, signal) =>
    credentials.whenHere(_task.arn, 'TaskExecution', signal).then(result);

const values = async () => new Map([['app', { environment: { PASSWORD: canary }, logOptions: { token: canary } }]]);

describe('what a task needs of other services', () => {
  it('reaches its container, and neither the records nor the views nor the reports', () =>
    withHarness({ deps: { gatherResources: gathers(values) } }, async (harness) => {
      const dockerConfig = { hostConfig: '{"LogConfig":{"Type":"splunk","Config":{"url":"u"}}}' };
      const task = testTask('a', [testContainer('app', { secrets: [secret], dockerConfig })], {
        executionRoleCredentials: role('e'),
      });
      await harness.run(task);
      assert.deepEqual(harness.statuses(task), { app: 'RUNNING' });
      const made = harness.simulated(task, 'app')!;
      assert.ok(made.spec.config.Env?.includes(`PASSWORD=${canary}`));
      assert.deepEqual(made.spec.hostConfig.LogConfig, { Type: 'splunk', Config: { url: 'u', token: canary } });
      const known = [harness.state.loadTasks(), harness.reports, harness.tasks.tasks.list()];
      assert.equal(JSON.stringify(known).includes(canary), false);
    }));

  it('stops the whole task before any container is made when it cannot be had', () => {
    const fail = async () => {
      throw new TaskResourceError('ResourceInitializationError: no');
    };
    return withHarness({ deps: { gatherResources: gathers(fail) } }, async (harness) => {
      const task = testTask('a', [testContainer('app', { secrets: [secret] }), testContainer('side')], {
        executionRoleCredentials: role('e'),
      });
      await harness.run(task);
      assert.deepEqual(harness.statuses(task), { app: 'STOPPED', side: 'STOPPED' });
      assert.equal(harness.simulated(task, 'app') ?? harness.simulated(task, 'side'), undefined);
      const report = harness.reports.at(-1)!;
      assert.deepEqual([report.status, report.reason], ['STOPPED', 'ResourceInitializationError: no']);
      assert.ok(report.containers.every((container) => container.reason === undefined));
    });
  });

  it('is waited for after a restart, until the control plane has sent the credentials again', () =>
    withHarness({ deps: { gatherResources: gathers(values) } }, async (harness) => {
      const task = testTask('a', [testContainer('app', { secrets: [secret] })]);
      await harness.run(task);
      assert.deepEqual(harness.statuses(task), { app: 'NONE' });
      harness.restart();
      await harness.settle();
      harness.tasks.putCredentials(task.arn, 'TaskExecution', role('e'));
      await harness.settle();
      assert.deepEqual(harness.statuses(task), { app: 'RUNNING' });
    }));
});

describe('a task that waits for credentials', () => {
  for (const when of ['pulled', 'created'] as const) {
    it(`can be stopped before its container is ${when}`, () =>
      withHarness({ deps: { gatherResources: gathers(values) } }, async (harness) => {
        const first = testContainer('first', { essential: false });
        const dependsOn = [{ containerName: 'first', condition: 'COMPLETE' as const }];
        const app = testContainer('app', { secrets: [secret], ...(when === 'created' ? { dependsOn } : {}) });
        const containers = when === 'created' ? [first, app] : [app];
        const task = testTask('a', containers);
        await harness.run(task);
        if (when === 'created') {
          harness.tasks.putCredentials(task.arn, 'TaskExecution', role('e'));
          await harness.settle();
          assert.deepEqual(harness.statuses(task), { first: 'RUNNING', app: 'PULLED' });
          harness.restart();
          await harness.settle();
          harness.simulated(task, 'first')!.exit(0);
          await harness.settle();
        }
        harness.tasks.stop(task.arn);
        await harness.pass(120_000);
        assert.equal(harness.statuses(task)['app'], 'STOPPED');
        const report = harness.reports.at(-1)!;
        assert.deepEqual([report.status, report.reason], ['STOPPED', '']);
        assert.equal(harness.container(task, 'app').reason, undefined);
      }));
  }
});

describe('credentials of a task role', () => {
  it('keep their id over restarts of the agent, and are gone when the task has stopped', () =>
    withHarness({}, async (harness) => {
      const task = testTask('a', [testContainer('app')], { roleCredentials: role('r1') });
      await harness.run(task);
      assert.equal(harness.tasks.credentials.get('r1')?.taskArn, task.arn);
      harness.restart();
      await harness.settle();
      assert.equal(harness.tasks.tasks.byArn(task.arn)?.roleCredentialsId, 'r1');
      assert.equal(harness.tasks.credentials.get('r1'), undefined);
      harness.tasks.putCredentials(task.arn, 'TaskApplication', role('r1'));
      assert.ok(harness.tasks.credentials.get('r1'));
      harness.tasks.stop(task.arn);
      await harness.pass(120_000);
      assert.deepEqual(harness.statuses(task), { app: 'STOPPED' });
      assert.equal(harness.tasks.credentials.get('r1'), undefined);
      harness.tasks.putCredentials(task.arn, 'TaskApplication', role('r1'));
      assert.equal(harness.tasks.credentials.get('r1'), undefined);
    }));
});
