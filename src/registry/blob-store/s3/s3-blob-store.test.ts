/** The suite of every blob store, against a server that speaks S3. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { FakeClock, systemClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { systemRandom } from '#lib/random.ts';
import { testBlobStore } from '../blob-store.suite.ts';
import { type BlobError, digestOf } from '../blob-store.ts';
import type { S3Storage } from '../storage.ts';
import { openS3BlobStore, type S3BlobStoreOptions } from './s3-blob-store.ts';

interface S3rver {
  configureBuckets(): Promise<unknown>;
  callback(): http.RequestListener;
}
const S3rver = createRequire(import.meta.url)('@20minutes/s3rver') as new (options: object) => S3rver;

process.env['SLIPWAY_S3_ACCESS_KEY_ID'] = 'S3RVER';
process.env['SLIPWAY_S3_SECRET_ACCESS_KEY'] = 'S3RVER';

/** What goes wrong on purpose: answers the response, or undefined to go on. */
type Fault = (request: http.IncomingMessage) => { readonly status: number; readonly code: string } | 'cut' | undefined;

let endpoint: string;
let server: http.Server;
let strict: http.Server;
let directory: string;
let fault: Fault = () => undefined;
let count = 0;

const endpointOf = (one: http.Server) => `http://127.0.0.1:${(one.address() as AddressInfo).port}`;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-s3-'));
  const options = { silent: true, directory, vhostBuckets: false, configureBuckets: [{ name: 'images' }] };
  // It signs the path of a list in another way than clients do; what anybody may open is checked by the strict one.
  const lax = new S3rver({ ...options, allowMismatchedSignatures: true });
  await lax.configureBuckets();
  const handle = lax.callback();
  strict = http.createServer(new S3rver(options).callback());
  strict.listen(0, '127.0.0.1');
  await once(strict, 'listening');
  server = http.createServer((request, response) => {
    const wrong = fault(request);
    if (wrong === undefined) return handle(request, response);
    if (wrong === 'cut') return request.socket.destroy();
    request.resume();
    response.writeHead(wrong.status, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0"?><Error><Code>${wrong.code}</Code><Message>${wrong.code}</Message></Error>`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint = endpointOf(server);
});
after(async () => {
  for (const one of [server, strict]) {
    one.closeAllConnections();
    one.close();
  }
  await rm(directory, { recursive: true, force: true });
});

const storageAt = (prefix: string): S3Storage => ({
  kind: 's3',
  bucket: 'images',
  prefix,
  region: 'us-east-1',
  endpoint,
  pathStyle: true,
  redirect: { endpoint: endpointOf(strict) },
});

const openAt = (prefix: string, more: Partial<S3BlobStoreOptions> = {}) =>
  openS3BlobStore({
    storage: storageAt(prefix),
    directory: join(directory, 'id', prefix),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    ...more,
  });

const isWrite = ({ method }: http.IncomingMessage) => method === 'PUT' || method === 'POST';

for (const partBytes of [undefined, 300_000]) {
  testBlobStore({
    name: partBytes === undefined ? 'S3' : 'S3 in small parts',
    async make() {
      count += 1;
      const prefix = `suite/${count}`;
      return {
        open: () => openAt(prefix, partBytes === undefined ? {} : { partBytes }),
        fill: (full) => {
          fault = (request) => (full && isWrite(request) ? { status: 507, code: 'XMinioStorageFull' } : undefined);
        },
        remove: async () => {
          fault = () => undefined;
        },
      };
    },
  });
}

async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

describe('S3', () => {
  it('copies large blobs in parts, and leaves nothing of their uploads', async () => {
    const store = await openAt('copies', { partBytes: 400_000, maxCopyBytes: 1_000_000, copyPartBytes: 600_000 });
    const bytes = randomBytes(2_500_000);
    const id = await store.startUpload();
    await store.finish(id, digestOf(bytes), { offset: 0, chunks: one(bytes) });
    assert.ok((await store.read(digestOf(bytes), bytes.length))!.equals(bytes));
    await store.close();
    const again = await openAt('copies');
    assert.deepEqual(await again.uploads(), []);
    await again.close();
  });

  it('sends pulls to the bucket', async () => {
    const store = await openAt('redirects');
    const bytes = randomBytes(100_000);
    await store.write(bytes, digestOf(bytes));
    const url = await store.redirect!(digestOf(bytes), 60_000);
    const answer = await fetch(url);
    if (answer.status !== 200) assert.fail(await answer.text());
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(bytes));
    const part = await fetch(url, { headers: { range: 'bytes=10-19' } });
    assert.ok(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20)));
    assert.equal((await fetch(url.replace(/Signature=\w{8}/, 'Signature=00000000'))).status, 403);
    await store.close();
  });

  it('reads on after a connection breaks', async () => {
    const store = await openAt('breaks');
    const bytes = randomBytes(3_000_000);
    await store.write(bytes, digestOf(bytes));
    const source = (await store.open(digestOf(bytes)))!;
    let breaks = 0;
    fault = (request) => (request.headers['range'] === 'bytes=5-2999999' && breaks++ < 2 ? 'cut' : undefined);
    const pieces: Buffer[] = [];
    for await (const piece of source.stream(5, bytes.length)) pieces.push(Buffer.from(piece));
    fault = () => undefined;
    await source.close();
    assert.ok(Buffer.concat(pieces).equals(bytes.subarray(5)));
    assert.equal(breaks, 3);
    await store.close();
  });

  it('says that the bucket does not answer, and goes on when it does', async () => {
    const store = await openAt('away', { partBytes: 300_000 });
    const bytes = randomBytes(1_000_000);
    const id = await store.startUpload();
    await store.append(id, 0, one(bytes.subarray(0, 450_000)));
    fault = () => ({ status: 503, code: 'ServiceUnavailable' });
    const isAway = (error: BlobError) => error.reason === 'unavailable';
    await assert.rejects(store.append(id, undefined, one(bytes.subarray(450_000))), isAway);
    fault = () => undefined;
    const { sizeBytes } = (await store.upload(id))!;
    await store.append(id, sizeBytes, one(bytes.subarray(sizeBytes)));
    await store.finish(id, digestOf(bytes));
    assert.ok((await store.read(digestOf(bytes), bytes.length))!.equals(bytes));
    await store.close();
  });

  it('puts uploads that rest out of memory, and takes them up again', async () => {
    const clock = new FakeClock(systemClock.now());
    const store = await openAt('rests', { partBytes: 300_000, clock });
    for (const size of [0, 1_000, 700_000]) {
      const bytes = randomBytes(size + 400_000);
      const id = await store.startUpload();
      await store.append(id, 0, one(bytes.subarray(0, size)));
      clock.advance(600_000);
      for (let time = 0; time < 2; time += 1) {
        const [found] = (await store.uploads()).filter((upload) => upload.id === id);
        assert.equal(found?.sizeBytes, size);
      }
      await store.finish(id, digestOf(bytes), { offset: size, chunks: one(bytes.subarray(size)) });
      assert.ok((await store.read(digestOf(bytes), bytes.length))!.equals(bytes));
      assert.deepEqual(await store.uploads(), []);
    }
    await store.close();
  });

  it("refuses a prefix that is another Slipway's", async () => {
    await (await openAt('owned')).close();
    await (await openAt('owned')).close();
    await assert.rejects(
      openAt('owned', { directory: join(directory, 'id', 'somebody') }),
      /belongs to another Slipway/,
    );
    const storage = { ...storageAt('x'), bucket: 'nowhere' };
    await assert.rejects(openAt('x', { storage }), /s3:\/\/nowhere\/x cannot be used/);
  });
});
