import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { silentLogger } from '#lib/logger.ts';
import type { AgentContainer } from '#model/agent-messages.ts';
import { isEngineError } from '../engine-api/engine.ts';
import { ImageRefused } from '../task-engine/own-images.ts';
import { createRegistryLoopback } from './loopback.ts';
import { createOwnImages, repositoryPath } from './own-images.ts';

const digest = `sha256:${'1'.repeat(64)}`;
const ecrAuthData = { region: 'eu-west-1', registryId: '111122223333', endpointOverride: 'http://slipway:4566' };
const container = (image: string, marked = true): AgentContainer => ({
  name: 'app',
  image,
  ...(marked && { registryAuthentication: { type: 'ecr', ecrAuthData } }),
});

test('every name has its path at an address of the registry', () => {
  const paths: readonly [string, string | undefined][] = [
    [
      '111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/app:1',
      '111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/app',
    ],
    [`111122223333.dkr.ecr.eu-west-1.amazonaws.com/app@${digest}`, '111122223333.dkr.ecr.eu-west-1.amazonaws.com/app'],
    ['localhost:4566/team/app', '111122223333.eu-west-1/team/app'],
    ['10.0.0.5:4566/444455556666.us-east-1/app:1', '444455556666.us-east-1/app'],
    ['public.ecr.aws/alias/app:1', 'public.ecr.aws/alias/app'],
    ['localhost:4566/public.ecr.aws/alias/app', 'public.ecr.aws/alias/app'],
    ['nginx:alpine', undefined],
  ];
  for (const [image, path] of paths) assert.equal(repositoryPath(container(image))?.path, path, image);
  assert.equal(repositoryPath(container('111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:1', false)), undefined);
});

test('the registry says what a name stands for, and why not', async (t) => {
  const answers: Record<string, [number, object]> = {
    1: [200, {}],
    gone: [404, { code: 'MANIFEST_UNKNOWN', message: 'Requested image not found' }],
    secret: [
      403,
      { code: 'DENIED', message: 'User: u is not authorized to perform: ecr:BatchGetImage on resource: r' },
    ],
    unsigned: [403, { code: 'DENIED', message: 'no signature', detail: { signature: 'missing' } }],
  };
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const [status, error] = answers[request.url!.split('/').at(-1)!]!;
    asked.push(request.headers.authorization);
    response.writeHead(status, { 'docker-content-digest': digest });
    response.end(JSON.stringify(status === 200 ? {} : { errors: [error] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const own = createOwnImages(endpoint, createRegistryLoopback(endpoint, silentLogger));
  const { signal } = new AbortController();
  const find = (tag: string) =>
    own.find(container(`localhost:4566/app:${tag}`), { username: 'AWS', password: 'token' }, signal);
  assert.deepEqual(await find('1'), {
    digest,
    source: `${endpoint.slice(7)}/111122223333.eu-west-1/app@${digest}`,
    tag: 'localhost:4566/app:1',
    isPinned: false,
  });
  assert.equal(asked[0], `Basic ${Buffer.from('AWS:token').toString('base64')}`);
  await assert.rejects(find('gone'), (error) => isEngineError(error, 'not-found'));
  await assert.rejects(find('secret'), (error) => isEngineError(error, 'denied') && !(error instanceof ImageRefused));
  await assert.rejects(find('unsigned'), (error) => error instanceof ImageRefused);
  const nobody = createOwnImages('http://127.0.0.1:1', createRegistryLoopback(endpoint, silentLogger));
  await assert.rejects(nobody.find(container('localhost:4566/app'), undefined, signal), (error) =>
    isEngineError(error, 'failed'),
  );
});

test('a port of the machine leads to a registry elsewhere', async (t) => {
  const server = createServer((request, response) => response.end(`you asked for ${request.url}`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // Not one of loopback's names, though it is this machine.
  const loopback = createRegistryLoopback(
    `http://[::ffff:127.0.0.1]:${(server.address() as AddressInfo).port}`,
    silentLogger,
    0,
  );
  t.after(() => {
    loopback.close();
    server.close();
    server.closeAllConnections();
  });
  const address = await loopback.address();
  assert.match(address, /^127\.0\.0\.1:\d+$/);
  assert.equal(await loopback.address(), address);
  assert.equal(await (await fetch(`http://${address}/v2/`)).text(), 'you asked for /v2/');
  loopback.close();
  await new Promise<void>((resolve) => {
    const socket = connect(Number(address.split(':')[1]), '127.0.0.1');
    socket.once('error', () => resolve());
    socket.once('close', () => resolve());
  });
});
