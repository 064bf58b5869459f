/** `slipway agent` as a user starts it on another machine: it joins once, and is itself from then on. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  type ContainerInstance,
  DescribeContainerInstancesCommand,
  ListContainerInstancesCommand,
} from '@aws-sdk/client-ecs';
import {
  dockerMissing,
  launcher,
  makeDataDirectory,
  removeAll,
  type Slipway,
  startSlipway,
  until,
} from '../support/slipway-process.ts';

const skip = dockerMissing();
const dataDir = makeDataDirectory();
const agentDir = mkdtempSync(path.join(tmpdir(), 'slipway-join-'));
let running: Slipway;
let agent: ChildProcess | undefined;

before(async () => {
  if (!skip) running = await startSlipway(dataDir, ['--no-agent']);
});
after(async () => {
  agent?.kill('SIGKILL');
  await running?.stop('SIGKILL');
  removeAll(dataDir);
  rmSync(agentDir, { recursive: true, force: true });
});

function start(keys: Record<string, string>): ChildProcess {
  const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, AWS_SESSION_TOKEN: _token, ...env } = process.env;
  const argv = ['agent', '--cluster', 'default', '--endpoint', running.endpoint, '--data', agentDir];
  return spawn(launcher, argv, { stdio: 'ignore', env: { ...env, AWS_REGION: running.credentials.region, ...keys } });
}

async function connected(): Promise<ContainerInstance | undefined> {
  const { containerInstanceArns = [] } = await running.ecs.send(
    new ListContainerInstancesCommand({ cluster: 'default' }),
  );
  if (containerInstanceArns.length === 0) return undefined;
  assert.equal(containerInstanceArns.length, 1);
  const { containerInstances } = await running.ecs.send(
    new DescribeContainerInstancesCommand({ cluster: 'default', containerInstances: containerInstanceArns }),
  );
  return containerInstances![0]!.agentConnected ? containerInstances![0] : undefined;
}

test('an agent joins with a key that it does not keep, and comes back without it', { skip }, async () => {
  const { accessKeyId, secretAccessKey } = running.credentials;
  agent = start({ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });
  const first = await until('the agent is connected', 60_000, connected);
  const file = path.join(agentDir, 'instance.json');
  const identity = JSON.parse(readFileSync(file, 'utf8'));
  assert.equal(first.ec2InstanceId, identity.instanceId);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.notEqual(identity.accessKeyId, accessKeyId);
  agent.kill('SIGTERM');
  assert.deepEqual(await once(agent, 'exit'), [0, null]);
  await until('it is gone', 30_000, async () => (await connected()) === undefined);
  agent = start({});
  const second = await until('the agent is connected again', 60_000, connected);
  assert.equal(second.containerInstanceArn, first.containerInstanceArn);
  agent.kill('SIGTERM');
  await once(agent, 'exit');
});

test('an agent without a key that may join says so and ends', { skip }, async () => {
  rmSync(agentDir, { recursive: true, force: true });
  agent = start({});
  assert.deepEqual(await once(agent, 'exit'), [5, null]);
  agent = start({ AWS_ACCESS_KEY_ID: 'AKIANOBODYNOBODYNOBO', AWS_SECRET_ACCESS_KEY: 'wrong' });
  assert.deepEqual(await once(agent, 'exit'), [5, null]);
});
