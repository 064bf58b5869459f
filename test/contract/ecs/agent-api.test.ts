import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  CreateClusterCommand,
  DiscoverPollEndpointCommand,
  type ECSClient,
  SubmitAttachmentStateChangesCommand,
  SubmitContainerStateChangeCommand,
  SubmitTaskStateChangeCommand,
  type SubmitTaskStateChangeCommandInput,
} from '@aws-sdk/client-ecs';
import { tasks } from '#store/tables/ecs.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { registerInstance } from '../../support/instances.ts';
import { putTask } from '../../support/task-rows.ts';

let plane: TestControlPlane;
let ecs: ECSClient;
let instance: string;
before(async () => {
  plane = await startTestControlPlane();
  ecs = plane.ecs();
  await ecs.send(new CreateClusterCommand({}));
  instance = (await registerInstance(ecs)).containerInstanceArn!;
});
after(() => plane.close());

const submit = async (input: SubmitTaskStateChangeCommandInput) => {
  const { acknowledgment } = await ecs.send(
    new SubmitTaskStateChangeCommand({ cluster: 'default', reason: '', ...input }),
  );
  assert.ok(acknowledgment);
};
const rowOf = (arn: string) => plane.store.get(tasks, arn)!;

describe('DiscoverPollEndpoint', () => {
  it('answers the address by which the agent came', async () => {
    const command = new DiscoverPollEndpointCommand({ cluster: 'default', containerInstance: instance });
    const { endpoint, telemetryEndpoint } = await ecs.send(command);
    assert.equal(endpoint, `${plane.endpoint}/acs/`);
    assert.equal(telemetryEndpoint, `${plane.endpoint}/tcs/`);
  });
});

describe('SubmitTaskStateChange', () => {
  it('moves a task through its life', async () => {
    const { arn } = putTask(plane.store, { containerInstanceArn: instance });
    await submit({
      task: arn,
      status: 'PENDING',
      containers: [{ containerName: 'app', status: 'PENDING', imageDigest: 'sha256:abc' }],
    });
    assert.equal(rowOf(arn).containers[0]!.imageDigest, 'sha256:abc');
    const binding = { bindIP: '0.0.0.0', containerPort: 80, hostPort: 32768, protocol: 'tcp' as const };
    await submit({
      task: arn,
      status: 'RUNNING',
      pullStartedAt: new Date(1_700_000_000_000),
      pullStoppedAt: new Date(1_700_000_001_000),
      containers: [{ containerName: 'app', status: 'RUNNING', runtimeId: 'abc', networkBindings: [binding] }],
    });
    const running = rowOf(arn);
    assert.equal(running.lastStatus, 'RUNNING');
    assert.deepEqual(running.containers[0]!.networkBindings, [binding]);
    assert.equal(running.pullStartedAt, 1_700_000_000_000);
    assert.ok(running.startedAt);
    await submit({
      task: arn,
      status: 'STOPPED',
      executionStoppedAt: new Date(1_700_000_009_000),
      containers: [{ containerName: 'app', status: 'STOPPED', exitCode: 3 }],
    });
    const stopped = rowOf(arn);
    assert.equal(stopped.lastStatus, 'STOPPED');
    assert.equal(stopped.stopCode, 'EssentialContainerExited');
    assert.equal(stopped.containers[0]!.exitCode, 3);
    assert.equal(stopped.executionStoppedAt, 1_700_000_009_000);
  });

  it('acknowledges late, repeated and unknown reports and changes nothing by them', async () => {
    const { arn } = putTask(plane.store, { containerInstanceArn: instance });
    const stop = {
      task: arn,
      status: 'STOPPED',
      containers: [{ containerName: 'app', status: 'STOPPED', exitCode: 0 }],
    };
    await submit(stop);
    const stopped = rowOf(arn);
    await submit(stop);
    await submit({ task: arn, status: 'RUNNING', containers: [{ containerName: 'app', status: 'RUNNING' }] });
    assert.deepEqual(rowOf(arn), stopped);
    await submit({ task: arn.replace(/[0-9a-f]{32}$/, '0'.repeat(32)), status: 'STOPPED' });
    await submit({ task: arn, cluster: 'a cluster that is gone', status: 'STOPPED' });
  });

  it('applies several entries of one container in order', async () => {
    const { arn } = putTask(plane.store, { containerInstanceArn: instance });
    await submit({
      task: arn,
      status: 'PENDING',
      containers: [
        { containerName: 'app', status: 'RUNNING', runtimeId: 'r1' },
        { containerName: 'app', status: 'STOPPED', exitCode: 7 },
      ],
    });
    const [container] = rowOf(arn).containers;
    assert.deepEqual([container!.lastStatus, container!.exitCode, container!.runtimeId], ['STOPPED', 7, 'r1']);
  });

  it('does not reach tasks of other regions', async () => {
    const { arn } = putTask(plane.store, { containerInstanceArn: instance });
    const elsewhere = plane.ecs({ region: 'eu-west-1' });
    await elsewhere.send(new SubmitTaskStateChangeCommand({ task: arn, status: 'STOPPED' }));
    assert.equal(rowOf(arn).lastStatus, 'PENDING');
  });

  it('refuses nonsense as InvalidParameterException, the only error that agents give up on', async () => {
    const { arn } = putTask(plane.store, { containerInstanceArn: instance });
    const bad: SubmitTaskStateChangeCommandInput[] = [
      { status: 'RUNNING' },
      { task: 'no-arn', status: 'RUNNING' },
      { task: instance, status: 'RUNNING' },
      { task: arn, status: 'DANCING' },
      { task: arn, status: 'RUNNING', containers: [{ containerName: 'app', status: 'DANCING' }] },
      { task: arn, status: 'RUNNING', containers: [{ status: 'RUNNING' }] },
    ];
    for (const input of bad) await assert.rejects(submit(input), { name: 'InvalidParameterException' });
  });
});

describe('the other reports', () => {
  it('SubmitContainerStateChange moves one container', async () => {
    const { arn } = putTask(plane.store, { containerInstanceArn: instance });
    const command = new SubmitContainerStateChangeCommand({
      cluster: 'default',
      task: arn,
      containerName: 'app',
      status: 'RUNNING',
      runtimeId: 'r2',
    });
    assert.ok((await ecs.send(command)).acknowledgment);
    assert.equal(rowOf(arn).containers[0]!.lastStatus, 'RUNNING');
    assert.equal(rowOf(arn).lastStatus, 'PENDING');
  });

  it('SubmitAttachmentStateChanges acknowledges attachments that are not known', async () => {
    const attachmentArn = 'arn:aws:ecs:us-east-1:123456789012:attachment/default/0123';
    const command = (status: string) =>
      new SubmitAttachmentStateChangesCommand({ attachments: [{ attachmentArn, status }] });
    assert.ok((await ecs.send(command('ATTACHED'))).acknowledgment);
    await assert.rejects(ecs.send(command('')), { name: 'InvalidParameterException' });
  });
});
