import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { fakeContainer, fakeTask, fakeTasks } from './fake-tasks.ts';
import { startTaskMetadata, type TaskMetadata } from './task-metadata.ts';

async function start(t: TestContext, dataDirectory: string, clock = new FakeClock()): Promise<TaskMetadata> {
  const metadata = await startTaskMetadata({
    dataDirectory,
    clock,
    logger: silentLogger,
    run: async () => {
      throw new Error('no iptables here');
    },
  });
  t.after(() => metadata.close());
  await metadata.serve({
    callProtection: async () => ({}),
    tasks: fakeTasks(fakeTask()),
    credentials: { get: () => undefined, of: () => undefined },
    cluster: 'default',
    containerInstanceArn: 'i',
    stats: async () => undefined,
    listTags: async () => ({}),
    logger: silentLogger,
  });
  return metadata;
}

async function directory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'slipway-metadata-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

test('a container finds its documents where its environment says, also after a restart of the agent', async (t) => {
  const path = await directory(t);
  const first = await start(t, path);
  const environment = first.environmentFor(fakeTask(), fakeContainer());
  const uri = environment['ECS_CONTAINER_METADATA_URI_V4']!;
  assert.equal(uri, `http://127.0.0.1:${first.port}/v4/${fakeContainer().metadataId}`);
  const answer = await fetch(uri);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'application/json');
  assert.equal(((await answer.json()) as { Name: string }).Name, 'web');
  await first.close();
  const second = await start(t, path);
  assert.equal(second.port, first.port);
  assert.equal((await fetch(`${uri}/task`)).status, 200);
});

test('a container with a role is told where its credentials are, one without is not', async (t) => {
  const metadata = await start(t, await directory(t));
  const variables = metadata.environmentFor(fakeTask({ roleCredentialsId: 'id' }), fakeContainer());
  const base = `http://127.0.0.1:${metadata.port}`;
  assert.equal(variables['ECS_AGENT_URI'], `${base}/api/${fakeContainer().metadataId}`);
  // 169.254.170.2 does not lead here: the whole address.
  assert.equal(variables['AWS_CONTAINER_CREDENTIALS_FULL_URI'], `${base}/v2/credentials/id`);
  assert.equal(variables['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'], undefined);
  const without = Object.keys(metadata.environmentFor(fakeTask(), fakeContainer()));
  assert.equal(
    without.some((name) => name.startsWith('AWS_CONTAINER')),
    false,
  );
});

test('too many requests, other methods and unknown ids', async (t) => {
  const clock = new FakeClock();
  const metadata = await start(t, await directory(t), clock);
  const base = `http://127.0.0.1:${metadata.port}`;
  assert.equal((await fetch(`${base}/v4/unknown`)).status, 404);
  assert.equal((await fetch(`${base}/v4/unknown`, { method: 'POST' })).status, 405);
  const statuses = [];
  for (let i = 0; i < 60; i++) statuses.push((await fetch(`${base}/v4/unknown`)).status);
  assert.equal(statuses.filter((status) => status === 429).length, 2);
  clock.advance(1_000);
  assert.equal((await fetch(`${base}/v4/unknown`)).status, 404);
});
