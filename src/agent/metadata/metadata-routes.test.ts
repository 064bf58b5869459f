import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#lib/logger.ts';
import type { StatsSample } from '../engine-api/engine.ts';
import { fakeContainer, fakeTask, fakeTasks } from './fake-tasks.ts';
import { createMetadataRoutes, type MetadataRoutesDeps } from './metadata-routes.ts';
import type { MetadataRequest } from './request.ts';

const container = fakeContainer({
  containerArn: 'arn:aws:ecs:us-east-1:123456789012:container/default/0123/abcd',
  imageId: 'sha256:abc',
  createdAtMs: Date.UTC(2026, 0, 1),
  startedAtMs: Date.UTC(2026, 0, 1, 0, 0, 1),
  networkBindings: [{ bindIP: '0.0.0.0', containerPort: 80, hostPort: 32_768, protocol: 'tcp' }],
  networks: [{ networkMode: 'bridge', ipv4Addresses: ['172.17.0.2'], ipv6Addresses: [] }],
  labels: { 'com.amazonaws.ecs.container-name': 'web' },
  health: { status: 'HEALTHY', sinceMs: Date.UTC(2026, 0, 1), exitCode: 0, output: 'fine' },
  mounts: [{ name: 'data', source: '/var/lib/docker/volumes/data/_data', destination: '/data' }],
  logDriver: 'awslogs',
  logOptions: { 'awslogs-group': 'g' },
  restartPolicyEnabled: true,
  restartCount: 2,
});
const task = fakeTask({
  cpu: 0.25,
  memoryMiB: 512,
  serviceName: 'hello',
  group: 'service:hello',
  launchType: 'EC2',
  containers: [container, fakeContainer({ name: 'later', runtimeId: undefined as never, metadataId: 'other' })],
});

const sample = (atMs: number, rxBytes: number): StatsSample => ({
  atMs,
  cpuTotalNs: 0,
  onlineCpus: 2,
  memoryUsageBytes: 0,
  memoryLimitBytes: 0,
  networks: {
    eth0: { rxBytes, rxPackets: 0, rxErrors: 0, rxDropped: 0, txBytes: 0, txPackets: 0, txErrors: 0, txDropped: 0 },
  },
  blockReadBytes: 0,
  blockWriteBytes: 0,
  pids: 1,
  document: { read: 'now' },
});

const routes = (deps: Partial<MetadataRoutesDeps> = {}) => {
  const answer = createMetadataRoutes({
    tasks: fakeTasks(task),
    credentials: { get: () => undefined, of: () => undefined },
    callProtection: async () => ({}),
    cluster: 'default',
    containerInstanceArn: 'instance-arn',
    stats: async () => ({ last: sample(2_000, 300), previous: sample(1_000, 100) }),
    listTags: async (arn): Promise<Record<string, string>> => (arn === task.arn ? { team: 'x' } : {}),
    logger: silentLogger,
    ...deps,
  });
  return (path: string, more: Partial<MetadataRequest> = {}) => answer({ path, query: new URLSearchParams(), ...more });
};

const v4Container = {
  DockerId: 'c'.repeat(64),
  Name: 'web',
  DockerName: 'ecs-hello-1-web-abc',
  Image: 'busybox:latest',
  ImageID: 'sha256:abc',
  Ports: [{ ContainerPort: 80, Protocol: 'tcp', HostPort: 32_768, HostIp: '0.0.0.0' }],
  Labels: { 'com.amazonaws.ecs.container-name': 'web' },
  DesiredStatus: 'RUNNING',
  KnownStatus: 'RUNNING',
  Limits: { CPU: 128, Memory: 64 },
  CreatedAt: '2026-01-01T00:00:00.000Z',
  StartedAt: '2026-01-01T00:00:01.000Z',
  Type: 'NORMAL',
  Networks: [{ NetworkMode: 'bridge', IPv4Addresses: ['172.17.0.2'] }],
  Health: { status: 'HEALTHY', statusSince: '2026-01-01T00:00:00.000Z', exitCode: 0, output: 'fine' },
  Volumes: [{ DockerName: 'data', Source: '/var/lib/docker/volumes/data/_data', Destination: '/data' }],
  LogDriver: 'awslogs',
  LogOptions: { 'awslogs-group': 'g' },
  ContainerARN: 'arn:aws:ecs:us-east-1:123456789012:container/default/0123/abcd',
  RestartCount: 2,
};

test('the container document of version 4', async () => {
  assert.deepEqual(await routes()(`/v4/${container.metadataId}`), { status: 200, body: v4Container });
});

test('the container document of version 3 lacks what came later', async () => {
  const { body } = await routes()(`/v3/${container.metadataId}`);
  const { RestartCount: _count, ...rest } = v4Container;
  assert.deepEqual(body, { ...rest, Ports: [{ ContainerPort: 80, Protocol: 'tcp', HostPort: 32_768 }] });
});

test('the task document lists the containers that exist', async () => {
  assert.deepEqual(await routes()(`/v4/${container.metadataId}/task`), {
    status: 200,
    body: {
      Cluster: 'default',
      TaskARN: task.arn,
      Family: 'hello',
      Revision: '1',
      DesiredStatus: 'RUNNING',
      KnownStatus: 'RUNNING',
      Limits: { CPU: 0.25, Memory: 512 },
      LaunchType: 'EC2',
      Containers: [v4Container],
      ServiceName: 'hello',
      Group: 'service:hello',
      FaultInjectionEnabled: false,
    },
  });
});

test('tags come with the task when asked for, and their failure is told in it', async () => {
  const { body } = await routes()(`/v4/${container.metadataId}/taskWithTags`);
  assert.deepEqual((body as { TaskTags: object }).TaskTags, { team: 'x' });
  assert.ok(!('ContainerInstanceTags' in (body as object)));
  const failing = await routes({
    listTags: async () => {
      throw Object.assign(new Error('no'), { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } });
    },
  })(`/v4/${container.metadataId}/taskWithTags`);
  const { Errors } = failing.body as { Errors: { ErrorField: string; ErrorCode: string }[] };
  assert.deepEqual(Errors.map((error) => `${error.ErrorField} ${error.ErrorCode}`).sort(), [
    'ContainerInstanceTags AccessDeniedException',
    'TaskTags AccessDeniedException',
  ]);
});

test('stats are the engine’s own document with the network rates of version 4', async () => {
  const rates = { rx_bytes_per_sec: 200, tx_bytes_per_sec: 0 };
  const expected = { read: 'now', network_rate_stats: rates };
  assert.deepEqual(await routes()(`/v4/${container.metadataId}/stats`), { status: 200, body: expected });
  assert.deepEqual(await routes()(`/v3/${container.metadataId}/stats`), { status: 200, body: { read: 'now' } });
  assert.deepEqual((await routes()(`/v4/${container.metadataId}/task/stats`)).body, {
    [container.runtimeId!]: expected,
  });
  const stopped = routes({ stats: async () => undefined });
  assert.equal((await stopped(`/v4/${container.metadataId}/stats`)).status, 404);
});

test('unknown ids and paths', async () => {
  assert.deepEqual(await routes()('/v4/nobody'), {
    status: 404,
    body: 'V4 container metadata handler: unable to get container ID from request: unable to get docker ID from v3 endpoint ID: nobody',
  });
  assert.equal((await routes()('/v4/nobody/task')).status, 404);
  assert.equal((await routes()('/')).status, 404);
  assert.equal((await routes()(`/v4/${container.metadataId}/other`)).status, 404);
});

test('role credentials are answered by their id only', async () => {
  assert.deepEqual(await routes()('/v2/credentials/unknown'), {
    status: 400,
    body: { code: 'InvalidIdInRequest', message: 'CredentialsV2Request: Credentials not found', HTTPErrorCode: 400 },
  });
  const credentials = {
    credentialsId: 'known',
    roleArn: 'r',
    accessKeyId: 'a',
    secretAccessKey: 's',
    sessionToken: 't',
    expiration: '2026-01-01T00:00:00Z',
  };
  const known = routes({
    credentials: {
      get: (id) => (id === 'known' ? { taskArn: task.arn, roleType: 'TaskApplication', credentials } : undefined),
      of: () => credentials,
    },
  });
  assert.deepEqual((await known('/v2/credentials/known')).body, {
    RoleArn: 'r',
    AccessKeyId: 'a',
    SecretAccessKey: 's',
    Token: 't',
    Expiration: '2026-01-01T00:00:00Z',
  });
});

test('version 2 finds its task by the address of the caller', async () => {
  const answer = routes();
  const address = '::ffff:172.17.0.2';
  assert.equal(((await answer('/v2/metadata', { address })).body as { TaskARN: string }).TaskARN, task.arn);
  const tagged = (await answer('/v2/metadataWithTags', { address })).body as { TaskTags: object };
  assert.deepEqual(tagged.TaskTags, { team: 'x' });
  const id = 'c'.repeat(64);
  assert.equal(((await answer(`/v2/metadata/${id}`, { address })).body as { Name: string }).Name, 'web');
  assert.deepEqual(Object.keys((await answer('/v2/stats', { address })).body as object), [id]);
  assert.deepEqual((await answer(`/v2/stats/${id}`, { address })).body, { read: 'now' });
  for (const path of ['/v2/metadata', '/v2/stats', `/v2/metadata/${'d'.repeat(64)}`, '/v2/nothing']) {
    assert.equal((await answer(path, { address: path.length > 20 ? address : '172.17.0.9' })).status, 404, path);
  }
});

test('nothing is associated with a task', async () => {
  const id = container.metadataId;
  assert.deepEqual(await routes()(`/v4/${id}/associations/elastic-inference`), {
    status: 200,
    body: { Associations: [] },
  });
  assert.equal((await routes()(`/v3/${id}/associations/gpu/one`)).status, 404);
  assert.equal((await routes()('/v3/unknown/associations/gpu')).status, 404);
});
