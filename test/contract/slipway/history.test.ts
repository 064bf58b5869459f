import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteServiceCommand,
  type ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { callSlipway, type Operations } from '#bin/slipway-api.ts';
import { tasks } from '#store/tables/ecs.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { registerInstance } from '../../support/instances.ts';
import { connect, type QuickAgents, startQuickAgents, until } from '../../support/quick-agents.ts';

let plane: TestControlPlane;
let ecs: ECSClient;
let agents: QuickAgents;

const call = <Name extends keyof Operations>(name: Name, input: Operations[Name]['input'], options = {}) =>
  callSlipway(plane.clientConfig(options), name, input);

before(async () => {
  plane = await startTestControlPlane();
  ecs = plane.ecs();
  agents = startQuickAgents(plane.store);
  agents.onBirth = (image) =>
    image === 'bad' ? { status: 'STOPPED', reason: 'CannotPullContainerError: no such image' } : { status: 'RUNNING' };
  await ecs.send(new CreateClusterCommand({ clusterName: 'default' }));
  const { containerInstanceArn } = await registerInstance(ecs);
  connect(plane.store, containerInstanceArn!);
  for (const [family, image] of [
    ['web', 'good'],
    ['broken', 'bad'],
  ]) {
    const containerDefinitions = [{ name: 'app', image: image!, cpu: 16, memory: 16 }];
    await ecs.send(new RegisterTaskDefinitionCommand({ family: family!, containerDefinitions }));
  }
});
after(async () => {
  agents.close();
  await plane.close();
});

const run = async (taskDefinition: string) => {
  const { tasks: made } = await ecs.send(new RunTaskCommand({ taskDefinition }));
  return made![0]!.taskArn!;
};
const isStopped = (arn: string) => plane.store.get(tasks, arn)?.lastStatus === 'STOPPED';
const isRunning = (arn: string) => plane.store.get(tasks, arn)?.lastStatus === 'RUNNING';

describe('GetTaskHistory', () => {
  it('answers each change of a task once, in order, with its time, and outlives the task', async () => {
    const task = await run('web');
    await until(() => isRunning(task));
    await ecs.send(new StopTaskCommand({ task, reason: 'enough' }));
    await until(() => isStopped(task));
    await plane.store.durable();
    const { entries, taskArn } = await call('GetTaskHistory', { task: task.split('/').at(-1)! });
    assert.equal(taskArn, task);
    const changes = entries.map((entry) => entry.changes as Record<string, unknown>);
    assert.deepEqual(
      entries.map(({ type }) => type),
      ['CREATED', 'CHANGED', 'CHANGED', 'CHANGED'],
    );
    assert.deepEqual(
      changes.map(({ lastStatus, desiredStatus }) => ({ lastStatus, desiredStatus })),
      [
        { lastStatus: 'PENDING', desiredStatus: 'RUNNING' },
        { lastStatus: 'RUNNING', desiredStatus: undefined },
        { lastStatus: undefined, desiredStatus: 'STOPPED' },
        { lastStatus: 'STOPPED', desiredStatus: undefined },
      ],
    );
    assert.equal(changes[2]!['stoppedReason'], 'enough');
    assert.equal(changes[2]!['stopCode'], 'UserInitiated');
    assert.deepEqual((changes[3]!['containers'] as Record<string, object>)['app'], {
      lastStatus: 'STOPPED',
      exitCode: 143,
    });
    assert.ok(entries.every(({ time }) => Math.abs(Date.now() - time.getTime()) < 60_000));
    assert.deepEqual(
      entries.map(({ version }) => version),
      [1, 2, 3, 4],
    );
    plane.store.transact((tx) => tx.delete(tasks, task));
    assert.equal((await call('GetTaskHistory', { task })).entries.length, 4);
  });

  it('goes page by page, in both directions', async () => {
    const task = await run('broken');
    await until(() => isStopped(task));
    await plane.store.durable();
    const all = await call('GetTaskHistory', { task });
    const seen: unknown[] = [];
    let nextToken: string | undefined;
    do {
      const page = await call('GetTaskHistory', {
        task,
        limit: 1,
        newestFirst: true,
        ...(nextToken !== undefined && { nextToken }),
      });
      seen.push(...page.entries);
      nextToken = page.nextToken;
    } while (nextToken);
    assert.deepEqual(seen, all.entries.toReversed());
    assert.match(JSON.stringify(seen[0]), /CannotPullContainerError/);
  });

  it('refuses what is wrong, in words', async () => {
    const wrong = [
      [{ task: 'f'.repeat(32) }, 'HistoryNotFoundException', /No history is kept of task arn:.*f+/],
      [{ task: 'f'.repeat(32), limit: 0 }, 'InvalidParameterException', /limit/],
      [{ task: 'f'.repeat(32), nextToken: 'x' }, 'InvalidParameterException', /nextToken/],
      [{ task: 'arn:aws:ecs:us-east-1:999999999999:task/default/f' }, 'InvalidParameterException', /another account/],
      [{ task: 'arn:aws:ecs:us-east-1:123456789012:service/default/f' }, 'InvalidParameterException', /not the ARN of/],
      [{}, /./, /task/],
    ] as const;
    for (const [input, name, message] of wrong) {
      await assert.rejects(call('GetTaskHistory', input as { task: string }), { name, message });
    }
  });

  it('needs a known key', async () => {
    const credentials = { accessKeyId: 'AKIAUNKNOWN000000000', secretAccessKey: 'x' };
    await assert.rejects(call('GetTaskHistory', { task: 'f'.repeat(32) }, { credentials }), {
      name: /UnrecognizedClientException|InvalidClientTokenId/,
    });
  });
});

describe('GetServiceHistory and ListServiceTaskHistories', () => {
  it('tell what became of a service and of its tasks', async () => {
    await ecs.send(new CreateServiceCommand({ serviceName: 'shop', taskDefinition: 'web', desiredCount: 1 }));
    const runningTasks = () => [...plane.store.all(tasks)].filter((task) => task.serviceArn && isRunning(task.arn));
    await until(() => runningTasks().length === 1);
    await ecs.send(new UpdateServiceCommand({ service: 'shop', desiredCount: 2 }));
    await until(() => runningTasks().length === 2);
    await ecs.send(new DeleteServiceCommand({ service: 'shop', force: true }));
    const history = await until(async () => {
      const { entries } = await call('GetServiceHistory', { service: 'shop', limit: 1000 });
      return entries.some((entry) => (entry.changes as { status?: string })?.status === 'INACTIVE') && entries;
    });
    assert.equal(history[0]!.type, 'CREATED');
    const first = history[0]!.changes as {
      desiredCount: number;
      deployments: Record<string, { rolloutState: string }>;
    };
    assert.equal(first.desiredCount, 1);
    assert.equal(Object.values(first.deployments)[0]!.rolloutState, 'IN_PROGRESS');
    assert.ok(history.some((entry) => (entry.changes as { desiredCount?: number })?.desiredCount === 2));
    assert.match(JSON.stringify(history), /"rolloutState":"COMPLETED"/);
    const messages = history.filter(({ type }) => type === 'EVENT').map(({ message }) => message);
    assert.ok(messages.some((message) => message?.includes('has started 1 tasks')));
    const { tasks: found } = await call('ListServiceTaskHistories', { service: 'shop' });
    assert.equal(found.length, 2);
    const task = found[0] as { desiredStatus: string; createdAt: Date; startedAt: Date; stopCode: string };
    assert.equal(task.desiredStatus, 'STOPPED');
    assert.equal(task.stopCode, 'ServiceSchedulerInitiated');
    assert.ok(task.startedAt >= task.createdAt);
  });
});
