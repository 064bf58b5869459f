/** The registry as a process of its own: connections between the two processes, restarts, the gateway of the ECR API. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { BlobError } from '#images/blob-gateway.ts';
import { digestOf } from '#images/digest.ts';
import { until } from '../support/slipway-process.ts';
import {
  basic,
  createClient,
  makeImage,
  pushBlob,
  pushImage,
  randomBlob,
  startTestRegistry,
  type TestRegistry,
} from './client.ts';

let registry: TestRegistry;

before(async () => {
  registry = await startTestRegistry();
});
after(() => registry.close());

/** What comes back on one connection for these bytes, until the server ends it or `enough` says so. */
async function exchange(bytes: string | Buffer, enough: (text: string) => boolean): Promise<string> {
  const socket = net.connect({ port: registry.port, host: '127.0.0.1' });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    if (enough(text)) socket.destroy();
  });
  socket.write(bytes);
  await once(socket, 'close');
  return text;
}

const auth = () => basic(registry.administrator.accessKeyId, registry.administrator.secretAccessKey);
const count = (text: string, what: string) => text.split(what).length - 1;

describe('connections', () => {
  it('refuses a TLS hello at once', async () => {
    const started = Date.now();
    assert.equal(await exchange(Buffer.from([0x16, 3, 1, 2, 0, 1, 0]), () => false), '');
    assert.ok(Date.now() - started < 1000);
  });

  it('answers requests that come in pieces, and several at once, in their order', async () => {
    const image = makeImage();
    await pushImage(registry.client, 'pieces', 'x', image);
    const head = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${auth()}\r\n\r\n`;
    const paths = [
      '/v2/',
      '/v2/pieces/manifests/x',
      `/v2/pieces/blobs/${image.blobs[1]!.digest}`,
      '/v2/pieces/nothing',
      '/v2/',
    ];
    const all = paths.map(head).join('');
    const text = await exchange(all, (so) => count(so, 'HTTP/1.1 ') === 5 && so.endsWith('{}'));
    assert.deepEqual(text.match(/HTTP\/1.1 \d+/g), [
      'HTTP/1.1 200',
      'HTTP/1.1 200',
      'HTTP/1.1 200',
      'HTTP/1.1 404',
      'HTTP/1.1 200',
    ]);
    assert.ok(text.includes(image.bytes.toString('latin1')));

    const socket = net.connect({ port: registry.port, host: '127.0.0.1' });
    const received = once(socket, 'data');
    for (const piece of ['G', 'ET /v', '2/ HTT', 'P/1.1\r\nHost: x\r\nAuthorization: ', auth(), '\r\n', '\r\n']) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.match(String((await received)[0]), /^HTTP\/1.1 200 OK/);
    socket.destroy();
  });

  it('goes from one kind of request to the other and back on one connection', async () => {
    const client = createClient(registry.port, auth(), 1);
    const health = async () => assert.equal((await client('GET', '/health')).status, 200);
    const blob = randomBlob(200_000);
    await health();
    assert.equal((await client('GET', '/v2/')).status, 200);
    await health();
    assert.equal((await pushBlob(client, 'mixed', blob)).status, 201);
    await health();
    assert.ok((await client('GET', `/v2/mixed/blobs/${blob.digest}`)).body.equals(blob.bytes));
    client.close();
    const registryFirst = createClient(registry.port, auth(), 1);
    assert.equal((await registryFirst('GET', '/v2/')).status, 200);
    assert.equal((await registryFirst('GET', '/health')).status, 200);
    assert.equal((await registryFirst('GET', '/v2/')).status, 200);
    registryFirst.close();
  });

  it('answers 405 and 404 in the form of the specification', async () => {
    const { client } = registry;
    const refused = await client('POST', '/v2/mixed/manifests/x', { body: 'x' });
    assert.equal(refused.status, 405);
    assert.equal(refused.json().errors[0].code, 'UNSUPPORTED');
    assert.equal(refused.headers['allow'], 'GET, PUT, DELETE, HEAD');
    assert.equal((await client('GET', '/v2/just/words')).status, 404);
    const closed = await exchange(`GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, () => false);
    assert.match(closed, /^HTTP\/1.1 401 /);
  });

  it('pulls large blobs to many clients at once', async () => {
    const blob = randomBlob(5_000_000);
    await pushBlob(registry.client, 'large', blob);
    const clients = Array.from({ length: 6 }, () => registry.clientAs(auth()));
    const answers = await Promise.all(clients.map((client) => client('GET', `/v2/large/blobs/${blob.digest}`)));
    for (const { body } of answers) assert.ok(body.equals(blob.bytes));
  });
});

describe('the gateway of the control plane', () => {
  it('writes, reads and uploads', async () => {
    const { blobs } = registry.registry;
    const bytes = randomBytes(200_000);
    const { digest } = await blobs.write(bytes);
    assert.equal(digest, digestOf(bytes));
    assert.ok((await blobs.read(digest))!.equals(bytes));
    assert.deepEqual(await blobs.stat(digest), { digest, sizeBytes: bytes.length });
    await assert.rejects(blobs.read(digest, 10), (error: BlobError) => error.reason === 'too large');
    const id = await blobs.startUpload();
    assert.equal(await blobs.append(id, 0, bytes.subarray(0, 50_000)), 50_000);
    await assert.rejects(
      blobs.append(id, 3, bytes),
      (error: BlobError) => error instanceof BlobError && error.reason === 'offset' && error.sizeBytes === 50_000,
    );
    assert.equal(await blobs.append(id, 50_000, bytes.subarray(50_000)), bytes.length);
    assert.equal((await blobs.finish(id, digestOf(bytes, 'sha512'))).sizeBytes, bytes.length);
    await assert.rejects(blobs.finish(id, digest), (error: BlobError) => error.reason === 'unknown upload');
  });

  it('makes URLs that serve one blob for a while', async () => {
    const { blobs } = registry.registry;
    const bytes = randomBytes(1000);
    const { digest } = await blobs.write(bytes);
    const anybody = registry.clientAs(undefined);
    const pathOf = (url: string) => url.slice(registry.endpoint.length);
    const path = pathOf(blobs.presignedUrl(digest, registry.endpoint, 60_000));
    assert.ok((await anybody('GET', path)).body.equals(bytes));
    const other = (await blobs.write(randomBytes(10))).digest;
    assert.equal((await anybody('GET', path.replace(digest, other))).status, 403);
    assert.equal((await anybody('GET', pathOf(blobs.presignedUrl(digest, registry.endpoint, -1)))).status, 403);
  });
});

describe('a registry process that dies', () => {
  it('comes back with everything that was acknowledged, and uploads go on', async () => {
    const { client } = registry;
    const image = makeImage();
    await pushImage(client, 'lasting', 'x', image);
    const blob = randomBlob(300_000);
    const start = await client('POST', '/v2/lasting/blobs/uploads/');
    const half = await client('PATCH', start.headers.location!, { body: blob.bytes.subarray(0, 150_000) });
    assert.equal(half.status, 202);
    const pid = registry.registry.pid!;
    process.kill(pid, 'SIGKILL');
    await until('another process', 20_000, () => registry.registry.pid !== undefined && registry.registry.pid !== pid);
    const again = registry.clientAs(auth());
    assert.ok((await again('GET', '/v2/lasting/manifests/x')).body.equals(image.bytes));
    const stand = await again('GET', half.headers.location!);
    assert.equal(stand.headers.range, '0-149999');
    const rest = { body: blob.bytes.subarray(150_000), headers: { 'content-range': '150000-299999' } };
    const done = await again('PUT', `${stand.headers.location}?digest=${blob.digest}`, rest);
    assert.equal(done.status, 201);
    assert.ok((await again('GET', done.headers.location!)).body.equals(blob.bytes));
    const { digest } = await registry.registry.blobs.write(randomBytes(10));
    assert.ok(digest);
  });
});

describe('permissive mode', () => {
  it('takes any user and password, and nobody at all', async () => {
    const permissive = await startTestRegistry({ auth: 'permissive' });
    try {
      const image = makeImage();
      const anybody = permissive.clientAs(basic('any', 'thing'));
      assert.equal((await pushImage(anybody, 'app', 'x', image)).status, 201);
      const nobody = permissive.clientAs(undefined);
      assert.ok((await nobody('GET', '/v2/app/manifests/x')).body.equals(image.bytes));
      const other = permissive.clientAs(basic('111122223333', 'x'));
      assert.equal((await other('GET', '/v2/app/manifests/x')).status, 404);
    } finally {
      await permissive.close();
    }
  });
});
