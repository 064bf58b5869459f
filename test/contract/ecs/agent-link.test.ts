import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { TaskRow } from '#model/rows.ts';
import { requestStop } from '#model/task-transition.ts';
import type { JournalBatch } from '#store/journal.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { containerInstances, tasks } from '#store/tables/ecs.ts';
import {
  type AgentLink,
  eventually,
  instanceRow,
  startAgentLink,
  strangerCredentials,
} from '../../support/agent-link.ts';
import { openRawAgent, type RawAgent } from '../../support/raw-agent.ts';
import { putTask } from '../../support/task-rows.ts';

let link: AgentLink;
beforeEach(async () => {
  link = await startAgentLink();
});
afterEach(() => link.close());

const put = (seed: Parameters<typeof putTask>[1] = {}) =>
  putTask(link.store, { containerInstanceArn: link.instance.arn, ...seed });

const update = (arn: string, change: (row: TaskRow) => TaskRow) =>
  link.store.transact((tx) => tx.update(tasks, arn, change));

const stop = (arn: string) =>
  update(arn, (row) => requestStop(row, { stopCode: 'UserInitiated', reason: 'Task stopped by user', nowMs: 1 }));

const ack = (agent: RawAgent, messageId: string) =>
  agent.send('AckRequest', { cluster: 'default', containerInstance: link.instance.arn, messageId });

/** The server has read everything that the agent has sent, and the agent what was sent before the answer. */
async function roundTrip(agent: RawAgent): Promise<void> {
  const { messageId } = await agent.next('TaskManifestMessage');
  const answers = agent.received.filter((one) => one.type === 'TaskStopVerificationAck').length;
  agent.send('TaskStopVerificationMessage', { messageId, stopCandidates: [] });
  await agent.next('TaskStopVerificationAck', answers + 1);
}

const payloads = (agent: RawAgent) => agent.received.filter((one) => one.type === 'PayloadMessage');

describe('opening an ACS connection', () => {
  it('marks the instance connected, with the versions of the query, and disconnected at the end', async () => {
    const agent = await link.connect();
    await eventually(() => link.instanceRow().agentConnected, 'connected');
    assert.deepEqual(link.instanceRow().versionInfo, {
      agentVersion: '1.105.1',
      agentHash: 'a8b3e7d3',
      dockerVersion: 'DockerVersion: 20.10.24+dfsg1',
    });
    agent.terminate();
    await eventually(() => !link.instanceRow().agentConnected, 'disconnected');
  });

  it('refuses in the form that agents read', async () => {
    const options = { endpoint: link.endpoint, kind: 'acs', containerInstanceArn: link.instance.arn } as const;
    const credentials = { accessKeyId: 'AKIAAGENTAGENTAGENT1', secretAccessKey: 'secret' };
    const wrong = { ...credentials, secretAccessKey: 'wrong' };
    const open = (more: object) => openRawAgent({ ...options, credentials, ...more });
    const form = (type: string) => new RegExp(`^HTTP 40\\d: \\{"type":"${type}","message":\\{"message":".+"\\}\\}$`);
    await assert.rejects(open({ credentials: wrong }), { message: form('AccessDeniedException') });
    await assert.rejects(open({ credentials: strangerCredentials }), { message: form('InvalidInstanceException') });
    await assert.rejects(open({ region: 'eu-west-1' }), { message: form('InvalidInstanceException') });
    await assert.rejects(open({ containerInstanceArn: 'arn:none' }), { message: form('InvalidInstanceException') });
    await assert.rejects(open({ cluster: 'other' }), { message: form('InvalidClusterException') });
    link.store.transact((tx) =>
      tx.update(containerInstances, link.instance.arn, (row) => ({ ...row, status: 'INACTIVE' as const })),
    );
    await assert.rejects(open({}), { message: form('InactiveInstanceException') });
  });

  it('sends a manifest of all that is bound to the instance, then a payload for each, numbered upwards', async () => {
    const wanted = put();
    const unwanted = put({ desiredStatus: 'STOPPED' });
    put({ lastStatus: 'STOPPED', desiredStatus: 'STOPPED' });
    put({ containerInstanceArn: 'arn:aws:ecs:us-east-1:123456789012:container-instance/default/ffff' });
    const agent = await link.connect();
    const manifest = await agent.next('TaskManifestMessage');
    await agent.next('PayloadMessage', 2);
    assert.equal(agent.received[0]!.type, 'TaskManifestMessage');
    const entry = (row: TaskRow) => ({
      taskArn: row.arn,
      taskClusterArn: row.clusterArn,
      desiredStatus: row.desiredStatus,
    });
    const byArn = (a: { taskArn: string }, b: { taskArn: string }) => (a.taskArn < b.taskArn ? -1 : 1);
    assert.deepEqual(manifest.tasks.sort(byArn), [entry(wanted), entry(unwanted)].sort(byArn));
    const [first, second] = payloads(agent).map((one) => one.message);
    assert.equal(first.tasks.length, 1);
    assert.deepEqual(first.tasks[0], { arn: unwanted.arn, desiredStatus: 'STOPPED', containers: [] });
    assert.equal(second.tasks[0].arn, wanted.arn);
    assert.equal(second.tasks[0].containers[0].image, 'busybox');
    assert.ok(manifest.timeline < first.seqNum && first.seqNum < second.seqNum);
    for (const one of [manifest, first, second]) {
      assert.equal(one.clusterArn, link.instance.clusterArn);
      assert.equal(one.containerInstanceArn, link.instance.arn);
      assert.ok(one.messageId);
    }
  });
});

describe('an open ACS connection', () => {
  it('hears of new tasks and of stops, and not again of what it has acknowledged', async () => {
    const agent = await link.connect();
    await agent.next('TaskManifestMessage');
    const task = put();
    const start = await agent.next('PayloadMessage');
    ack(agent, start.messageId);
    await roundTrip(agent);
    stop(task.arn);
    const end = await agent.next('PayloadMessage', 2);
    assert.deepEqual(end.tasks, [{ arn: task.arn, desiredStatus: 'STOPPED', containers: [] }]);
    ack(agent, end.messageId);
    await roundTrip(agent);
    link.clock.advance(55_000);
    await roundTrip(agent);
    assert.equal(payloads(agent).length, 2);
  });

  it('repeats what is not acknowledged, under the same message id and a new number, until the task has stopped', async () => {
    const task = put();
    const agent = await link.connect();
    const first = await agent.next('PayloadMessage');
    link.clock.advance(15_000);
    const second = await agent.next('PayloadMessage', 2);
    assert.equal(second.messageId, first.messageId);
    assert.ok(second.seqNum > first.seqNum);
    update(task.arn, (row) => ({ ...row, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }));
    await link.store.durable();
    for (let i = 0; i < 4; i++) {
      link.clock.advance(20_000);
      await roundTrip(agent);
    }
    assert.equal(payloads(agent).length, 2);
  });

  it('keeps at most a window of payloads on their way', async () => {
    for (let i = 0; i < 40; i++) put();
    const agent = await link.connect();
    await agent.next('PayloadMessage', 32);
    await roundTrip(agent);
    assert.equal(payloads(agent).length, 32);
    ack(agent, payloads(agent)[0]!.message.messageId);
    await agent.next('PayloadMessage', 33);
  });

  it('confirms the stop of tasks that shall not run here, and of no others', async () => {
    const wanted = put();
    const stopped = put({ lastStatus: 'STOPPED', desiredStatus: 'STOPPED' });
    const elsewhere = put({
      containerInstanceArn: 'arn:aws:ecs:us-east-1:123456789012:container-instance/default/ffff',
    });
    const agent = await link.connect();
    const manifest = await agent.next('TaskManifestMessage');
    const candidate = (taskArn: string) => ({ taskArn, taskClusterArn: 'default', desiredStatus: 'STOPPED' });
    const unknown = wanted.arn.replace(/[0-9a-f]{32}$/, '0'.repeat(32));
    agent.send('TaskStopVerificationMessage', {
      messageId: manifest.messageId,
      stopCandidates: [wanted.arn, stopped.arn, elsewhere.arn, unknown].map(candidate),
    });
    const answer = await agent.next('TaskStopVerificationAck');
    assert.equal(answer.messageId, manifest.messageId);
    assert.deepEqual(answer.stopTasks, [stopped.arn, elsewhere.arn, unknown].map(candidate));
  });

  it('gets a heartbeat every 20 seconds and is cut off when it says nothing for a minute', async () => {
    const agent = await link.connect();
    await agent.next('TaskManifestMessage');
    link.clock.advance(20_000);
    assert.equal((await agent.next('HeartbeatMessage')).healthy, true);
    agent.send('HeartbeatAckRequest', { messageId: 'x' });
    await roundTrip(agent);
    link.clock.advance(60_000);
    assert.equal(await agent.closed, 1006);
    assert.equal(link.instanceRow().agentConnected, false);
  });

  it('is closed normally at the end of its life', async () => {
    const agent = await link.connect();
    await agent.next('TaskManifestMessage');
    for (let i = 0; i < 45 * 3; i++) {
      agent.send('HeartbeatAckRequest', { messageId: 'x' });
      const heartbeats = agent.received.filter((one) => one.type === 'HeartbeatMessage').length;
      link.clock.advance(20_000);
      if ((await Promise.race([agent.closed, agent.next('HeartbeatMessage', heartbeats + 1)])) === 1000) return;
    }
    assert.fail('it lived longer than 45 minutes');
  });

  it('gives way to a newer connection of the same instance', async () => {
    const older = await link.connect();
    const first = await older.next('TaskManifestMessage');
    const newer = await link.connect();
    const second = await newer.next('TaskManifestMessage');
    assert.equal(await older.closed, 1000);
    assert.ok(second.timeline > first.timeline);
    assert.equal(link.instanceRow().agentConnected, true);
    put();
    await newer.next('PayloadMessage');
  });

  it('is closed when its instance is deregistered', async () => {
    const agent = await link.connect();
    await agent.next('TaskManifestMessage');
    link.store.transact((tx) =>
      tx.update(containerInstances, link.instance.arn, (row) => ({
        ...row,
        status: 'INACTIVE' as const,
        agentConnected: false,
      })),
    );
    assert.equal(await agent.closed, 1000);
  });

  it('survives messages that are none', async () => {
    const agent = await link.connect();
    await agent.next('TaskManifestMessage');
    for (const text of [
      '',
      '{',
      '[]',
      '{"type":"AckRequest"}',
      '{"type":"Nonsense","message":{}}',
      '{"type":5,"message":1}',
    ]) {
      agent.sendText(text);
    }
    agent.send('AckRequest', { messageId: { not: 'text' } });
    agent.send('TaskStopVerificationMessage', { messageId: 'unknown', stopCandidates: 'none' });
    put();
    await agent.next('PayloadMessage');
  });
});

describe('restarts and crashes', () => {
  it('says goodbye at shutdown; the next process tells everything again, with higher numbers', async () => {
    const task = put();
    const agent = await link.connect();
    const before = await agent.next('PayloadMessage');
    ack(agent, before.messageId);
    await roundTrip(agent);
    await link.restart();
    assert.equal(await agent.closed, 1001);
    assert.equal(link.instanceRow().agentConnected, false);
    const again = await link.connect();
    const manifest = await again.next('TaskManifestMessage');
    assert.ok(manifest.timeline > before.seqNum);
    assert.equal((await again.next('PayloadMessage')).tasks[0].arn, task.arn);
  });

  it('sends nothing that is not durable', async () => {
    const held: (() => void)[] = [];
    let holding = false;
    const journal = {
      ...volatileJournal(),
      append: (_batch: JournalBatch) =>
        holding ? new Promise<void>((resolve) => held.push(resolve)) : Promise.resolve(),
    };
    const slow = await startAgentLink({ journal });
    const agent = await slow.connect();
    await agent.next('TaskManifestMessage');
    holding = true;
    putTask(slow.store, { containerInstanceArn: slow.instance.arn });
    await roundTrip(agent);
    assert.equal(payloads(agent).length, 0);
    holding = false;
    for (const release of held) release();
    await agent.next('PayloadMessage');
    await slow.close();
  });

  it('never gives a number twice, however many a session needs', async () => {
    const numbers: number[] = [];
    for (let round = 0; round < 3; round++) {
      const agent = await link.connect();
      numbers.push((await agent.next('TaskManifestMessage')).timeline);
      for (let i = 0; i < 500; i++) {
        const { arn } = put();
        const { messageId, seqNum } = await agent.next('PayloadMessage', i + 1);
        numbers.push(seqNum);
        ack(agent, messageId);
        update(arn, (row) => ({ ...row, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }));
      }
      agent.terminate();
      await eventually(() => !link.instanceRow().agentConnected, 'disconnected');
    }
    assert.ok(numbers.every((number, i) => i === 0 || number > numbers[i - 1]!));
    assert.ok(link.instanceRow().lastSequence >= numbers.at(-1)!);
  });
});

describe('TCS', () => {
  const metadata = () => ({ cluster: 'default', containerInstance: link.instance.arn, messageId: 'm', fin: true });

  it('applies health, keeps the runtime status, passes metrics on, acknowledges all', async () => {
    const seen: unknown[] = [];
    await link.close();
    link = await startAgentLink({ onMetrics: (arn, request) => seen.push([arn, request.taskMetrics?.length]) });
    const task = put({ healthChecked: true, lastStatus: 'RUNNING' });
    const agent = await link.connect('tcs');
    agent.publish('PublishHealthRequest', {
      metadata: metadata(),
      tasks: [
        { taskArn: task.arn, containers: [{ containerName: 'app', healthStatus: 'HEALTHY' }] },
        { taskArn: 'none' },
        7,
      ],
      timestamp: 1,
    });
    await agent.next('AckPublishHealth');
    assert.equal(link.store.get(tasks, task.arn)!.healthStatus, 'HEALTHY');
    const status = (word: string) =>
      agent.publish('PublishInstanceStatusRequest', {
        metadata: metadata(),
        statuses: [{ type: 'ContainerRuntime', status: word }],
        timestamp: 1,
      });
    status('OK');
    await agent.next('AckPublishInstanceStatus');
    assert.equal(link.instanceRow().containerRuntimeStatus, 'OK');
    const { version } = link.instanceRow();
    status('OK');
    await agent.next('AckPublishInstanceStatus', 2);
    assert.equal(link.instanceRow().version, version);
    status('IMPAIRED');
    await agent.next('AckPublishInstanceStatus', 3);
    assert.equal(link.instanceRow().containerRuntimeStatus, 'IMPAIRED');
    agent.publish('PublishMetricsRequest', { metadata: { ...metadata(), idle: true }, timestamp: 1 });
    await agent.next('AckPublishMetric');
    assert.deepEqual(seen, [[link.instance.arn, 0]]);
  });

  it('does not let an agent speak of the tasks of another instance', async () => {
    const other = instanceRow('f'.repeat(32));
    const task = put({ containerInstanceArn: other.arn, healthChecked: true, lastStatus: 'RUNNING' });
    const agent = await link.connect('tcs');
    agent.publish('PublishHealthRequest', {
      metadata: metadata(),
      tasks: [{ taskArn: task.arn, containers: [{ containerName: 'app', healthStatus: 'UNHEALTHY' }] }],
      timestamp: 1,
    });
    await agent.next('AckPublishHealth');
    assert.equal(link.store.get(tasks, task.arn)!.healthStatus, 'UNKNOWN');
  });

  it('ends the connection at a frame that is not signed, or not for its body', async () => {
    const plain = await link.connect('tcs');
    plain.sendText(JSON.stringify({ type: 'PublishMetricsRequest', message: { metadata: metadata(), timestamp: 1 } }));
    assert.equal(await plain.closed, 1008);
    const forged = await link.connect('tcs');
    forged.publish('PublishMetricsRequest', { metadata: metadata(), timestamp: 1 }, (body) => `${body} `);
    assert.equal(await forged.closed, 1008);
  });

  it('gets heartbeats too', async () => {
    const agent = await link.connect('tcs');
    await eventually(() => link.clock.nextDue() !== undefined, 'timers');
    link.clock.advance(20_000);
    assert.deepEqual(await agent.next('HeartbeatMessage'), { healthy: true });
  });
});
