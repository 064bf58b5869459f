import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { fakeContainer, fakeTask, fakeTasks } from './fake-tasks.ts';
import { startTaskMetadata, type TaskMetadata } from './task-metadata.ts';

async function start(
  t: TestContext,
  dataDirectory: string,
  clock = new FakeClock(),
  more: { readonly api?: { readonly endpoint: string; readonly region: string } } = {},
): Promise<TaskMetadata> {
  const metadata = await startTaskMetadata({
    ...more,
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

test('a container is told where the APIs are, unless that is not wanted', async (t) => {
  const path = await directory(t);
  const aws = (metadata: TaskMetadata, networkMode: string) =>
    Object.entries(metadata.environmentFor(fakeTask({ networkMode }), fakeContainer())).filter(([name]) =>
      name.startsWith('AWS_'),
    );
  const execution = ['AWS_EXECUTION_ENV', 'AWS_ECS_EC2'];
  const without = await start(t, path);
  assert.deepEqual(aws(without, 'bridge'), [execution]);
  await without.close();
  const api = { endpoint: 'http://127.0.0.1:1', region: 'eu-west-1' };
  const first = await start(t, path, new FakeClock(), { api });
  const told = aws(first, 'host');
  assert.match(String(Object.fromEntries(told)['AWS_ENDPOINT_URL']), /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.deepEqual(told.slice(2), [
    ['AWS_REGION', 'eu-west-1'],
    ['AWS_DEFAULT_REGION', 'eu-west-1'],
  ]);
  assert.deepEqual(aws(first, 'none'), [execution]);
  await first.close();
  // Containers outlive the agent: the port stays.
  assert.deepEqual(aws(await start(t, path, new FakeClock(), { api }), 'host'), told);
});

test('nothing but the very id opens credentials', async (t) => {
  const metadata = await start(t, await directory(t));
  const base = `http://127.0.0.1:${metadata.port}`;
  const id = '11111111-2222-4333-a444-555555555555';
  const paths = [
    '/v2/credentials',
    '/v2/credentials/',
    '/v2/credentials/*',
    '/v2/credentials/%2e%2e/%2e%2e/state',
    '/v2/credentials/..%2f..%2fstate',
    '/v2/credentials/__proto__',
    '/v2/credentials/constructor',
    `/v2/credentials/${id}`,
    `/v2/credentials/${id}/`,
    `/v2/credentials/${id.toUpperCase()}`,
    `//v2/credentials/${id}`,
    '/v1/credentials',
    '/v1/credentials?id=',
    '/v1/credentials?id=__proto__',
    '/v2/credentials/%00',
    '/v2/credentials/%E0%A4%A',
    '/../../etc/passwd',
    '/v4/../v2/credentials/x',
  ];
  for (const path of paths) {
    const reply = await fetch(base + path);
    const text = await reply.text();
    assert.ok(reply.status >= 400 && reply.status < 500, `${path}: ${reply.status} ${text}`);
    assert.doesNotMatch(text, /AccessKeyId/, path);
  }
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
