/** Credentials of tasks as agents get them over ACS, and what they are worth. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { RoleCredentials } from '#model/agent-messages.ts';
import type { RoleRow } from '#model/iam.ts';
import type { TaskRow } from '#model/rows.ts';
import { taskDefinitions, tasks } from '#store/tables/ecs.ts';
import { roles } from '#store/tables/iam.ts';
import { type AgentLink, eventually, scope, startAgentLink } from '../../support/agent-link.ts';
import type { RawAgent } from '../../support/raw-agent.ts';
import { putTask, taskDefinitionRow } from '../../support/task-rows.ts';

const { account } = scope;
const roleArn = (name: string) => `arn:aws:iam::${account}:role/${name}`;
const trust = (condition?: object, service = 'ecs-tasks.amazonaws.com') =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: service },
        Action: 'sts:AssumeRole',
        ...(condition ? { Condition: condition } : {}),
      },
    ],
  });

let link: AgentLink;
beforeEach(async () => {
  link = await startAgentLink();
});
afterEach(() => link.close());

function putRole(name: string, document = trust()): RoleRow {
  const row: RoleRow = {
    arn: roleArn(name),
    account,
    path: '/',
    name,
    id: `AROA${name.toUpperCase()}`,
    createdAt: 0,
    assumeRolePolicyDocument: document,
    maxSessionDurationSeconds: 3_600,
    attachedPolicyArns: [],
    inlinePolicies: [],
    tags: {},
  };
  return link.store.transact((tx) => tx.put(roles, row));
}

function put(seed: Partial<TaskRow> = {}, definition: Parameters<typeof taskDefinitionRow>[0] = {}): TaskRow {
  const row = taskDefinitionRow({ taskRoleArn: roleArn('app'), ...definition });
  link.store.transact((tx) => tx.put(taskDefinitions, row));
  return putTask(link.store, { ...seed, containerInstanceArn: link.instance.arn });
}

const open = ({ accessKeyId, sessionToken }: RoleCredentials) => link.sessions.open(accessKeyId, sessionToken);
const rowOf = (task: TaskRow) => link.store.get(tasks, task.arn)!;
const stop = (task: TaskRow) =>
  link.store.transact((tx) =>
    tx.update(tasks, task.arn, (row) => ({
      ...row,
      lastStatus: 'STOPPED' as const,
      desiredStatus: 'STOPPED' as const,
    })),
  );

const refusal = (arn: string) =>
  `ECS was unable to assume the role '${arn}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`;

const acknowledge = (agent: RawAgent, messageId: string, { credentialsId, expiration }: RoleCredentials) =>
  agent.send('IAMRoleCredentialsAckRequest', { messageId, credentialsId, expiration });

/** Time passes, and the agent is heard of all the while. */
async function pass(agent: RawAgent, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 15_000) {
    const { messageId } = await agent.next('TaskManifestMessage');
    const answers = agent.received.filter((one) => one.type === 'TaskStopVerificationAck').length;
    agent.send('TaskStopVerificationMessage', { messageId, stopCandidates: [] });
    await agent.next('TaskStopVerificationAck', answers + 1);
    link.clock.advance(15_000);
  }
}

describe('a task with roles', () => {
  it('carries credentials of each, made for it alone', async () => {
    putRole('app');
    putRole('exec');
    const task = put({}, { executionRoleArn: roleArn('exec') });
    const agent = await link.connect();
    const [sent] = (await agent.next('PayloadMessage')).tasks;
    const id = task.arn.split('/').at(-1)!;
    for (const [given, name] of [
      [sent.roleCredentials, 'app'],
      [sent.executionRoleCredentials, 'exec'],
    ] as const) {
      assert.equal(given.roleArn, roleArn(name));
      assert.match(given.accessKeyId, /^ASIA/);
      assert.ok(Date.parse(given.expiration) > link.clock.now() + 3_600_000);
      const credential = open(given);
      assert.equal(credential?.secretAccessKey, given.secretAccessKey);
      assert.equal(credential?.principal.arn, `arn:aws:sts::${account}:assumed-role/${name}/${id}`);
      assert.equal(credential?.principal.userId, `AROA${name.toUpperCase()}:${id}`);
      assert.equal(credential?.principal.session?.service, 'ecs-tasks.amazonaws.com');
    }
    assert.notEqual(sent.roleCredentials.credentialsId, sent.executionRoleCredentials.credentialsId);
  });

  it('keeps their ids over connections and restarts, and overrides name other roles', async () => {
    putRole('app');
    putRole('other');
    put();
    const first = (await (await link.connect()).next('PayloadMessage')).tasks[0].roleCredentials;
    await link.restart();
    const again = (await (await link.connect()).next('PayloadMessage')).tasks[0].roleCredentials;
    assert.equal(again.credentialsId, first.credentialsId);
    assert.notEqual(again.accessKeyId, first.accessKeyId);
    assert.ok(open(first), 'the older ones hold on until they expire');
    const overridden = put({ overrides: { taskRoleArn: 'other' } });
    const agent = await link.connect();
    const { message } = agent.received.at(-1)!;
    await agent.next('PayloadMessage', 2);
    const sent = agent.received
      .filter((one) => one.type === 'PayloadMessage')
      .find((one) => one.message.tasks[0].arn === overridden.arn);
    assert.equal(sent?.message.tasks[0].roleCredentials.roleArn, roleArn('other'), JSON.stringify(message));
  });

  it('gets none when it has no role', async () => {
    put({}, { taskRoleArn: '' });
    const [sent] = (await (await link.connect()).next('PayloadMessage')).tasks;
    assert.equal(sent.roleCredentials, undefined);
    assert.equal(sent.executionRoleCredentials, undefined);
  });

  it('sends credentials again until the agent acknowledges them', async () => {
    putRole('app');
    const task = put();
    const agent = await link.connect();
    const payload = await agent.next('PayloadMessage');
    agent.send('AckRequest', { messageId: payload.messageId });
    await pass(agent, 75_000);
    const renewal = await agent.next('IAMRoleCredentialsMessage');
    assert.equal(renewal.taskArn, task.arn);
    assert.equal(renewal.roleType, 'TaskApplication');
    assert.equal(renewal.roleCredentials.credentialsId, payload.tasks[0].roleCredentials.credentialsId);
    assert.ok(open(renewal.roleCredentials));
    acknowledge(agent, renewal.messageId, renewal.roleCredentials);
    await pass(agent, 180_000);
    assert.equal(agent.received.filter((one) => one.type === 'IAMRoleCredentialsMessage').length, 1);
  });
});

describe('credentials of a task', () => {
  it('die with it: the role at the report of its stop, the execution role when the task is forgotten', async () => {
    putRole('app');
    putRole('exec');
    const task = put({}, { executionRoleArn: roleArn('exec') });
    const { roleCredentials, executionRoleCredentials } = (await (await link.connect()).next('PayloadMessage'))
      .tasks[0];
    stop(task);
    assert.equal(open(roleCredentials), undefined);
    assert.ok(open(executionRoleCredentials));
    await link.restart();
    assert.equal(open(roleCredentials), undefined);
    link.store.transact((tx) => tx.delete(tasks, task.arn));
    assert.equal(open(executionRoleCredentials), undefined);
  });

  it('die with their role, and with one of the same name that came after it', async () => {
    const role = putRole('app');
    put();
    const { roleCredentials } = (await (await link.connect()).next('PayloadMessage')).tasks[0];
    link.store.transact((tx) => tx.put(roles, { ...role, id: 'AROAANOTHER' }));
    assert.equal(open(roleCredentials), undefined);
  });
});

describe('a role that ECS cannot assume', () => {
  const stops = async (prepare: () => void) => {
    prepare();
    const agent = await link.connect();
    await agent.next('TaskManifestMessage');
    const task = put();
    await eventually(() => rowOf(task).lastStatus === 'STOPPED', 'the task has stopped');
    const { stopCode, stoppedReason, startedAt } = rowOf(task);
    assert.deepEqual([stopCode, stoppedReason, startedAt], ['TaskFailedToStart', refusal(roleArn('app')), undefined]);
    assert.equal(agent.received.filter((one) => one.type === 'PayloadMessage').length, 0);
  };

  it('is not there', () => stops(() => {}));
  it('trusts another service', () => stops(() => putRole('app', trust(undefined, 'ec2.amazonaws.com'))));
  it('trusts ECS for another account', () =>
    stops(() => putRole('app', trust({ StringEquals: { 'aws:SourceAccount': '999999999999' } }))));
  it('trusts ECS in another region', () =>
    stops(() => putRole('app', trust({ ArnLike: { 'aws:SourceArn': `arn:aws:ecs:eu-west-1:${account}:*` } }))));

  it('is assumed when the conditions fit', async () => {
    const condition = {
      ArnLike: { 'aws:SourceArn': `arn:aws:ecs:us-east-1:${account}:*` },
      StringEquals: { 'aws:SourceAccount': account },
    };
    putRole('app', trust(condition));
    put();
    assert.ok((await (await link.connect()).next('PayloadMessage')).tasks[0].roleCredentials);
  });

  it('is asked to be stopped by an agent that may be starting it, and left alone when it runs', async () => {
    const role = putRole('app');
    const [pending, running] = [put(), put({ lastStatus: 'RUNNING', startedAt: 1 })];
    await (await link.connect()).next('PayloadMessage', 2);
    link.store.transact((tx) => tx.delete(roles, role.arn));
    const agent = await link.connect();
    await eventually(() => rowOf(pending).desiredStatus === 'STOPPED', 'a stop is wanted');
    assert.equal(rowOf(pending).stopCode, 'TaskFailedToStart');
    assert.equal(rowOf(pending).lastStatus, 'PENDING');
    await agent.next('PayloadMessage', 2);
    const sent = agent.received.filter((one) => one.type === 'PayloadMessage').map((one) => one.message.tasks[0]);
    assert.deepEqual(sent.find((one) => one.arn === pending.arn)?.desiredStatus, 'STOPPED');
    const kept = sent.find((one) => one.arn === running.arn);
    assert.deepEqual([kept?.desiredStatus, kept?.roleCredentials], ['RUNNING', undefined]);
  });
});

describe('an agent without permission', () => {
  it('is refused with the words of IAM', async () => {
    await link.close();
    link = await startAgentLink({
      authorize: ({ permissions }) => ({ allowed: false, message: `no ${permissions[0]?.action}` }),
    });
    await assert.rejects(link.connect(), /^Error: HTTP 403: .*AccessDeniedException.*no ecs:Poll/);
    await assert.rejects(
      link.connect('tcs'),
      /^Error: HTTP 403: .*AccessDeniedException.*no ecs:StartTelemetrySession/,
    );
  });
});
