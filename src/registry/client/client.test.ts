/** The client against servers that do one thing each. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { digestOf } from '#images/digest.ts';
import { systemClock } from '#lib/clock.ts';
import { parseChallenge } from './challenge.ts';
import { createHttpClient } from './http.ts';
import { type BlobBytes, pushBlob } from './push.ts';
import { RegistryClient } from './registry-client.ts';
import { UpstreamError } from './upstream-error.ts';

const endings: (() => void)[] = [];
after(() => {
  for (const end of endings) end();
});

async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  endings.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

const http = createHttpClient({ userAgent: 'test' });
endings.push(() => http.close());
const clientOf = (base: URL, credentials?: { username: string; password: string }) =>
  new RegistryClient({ base, repository: 'some/image', credentials, http, clock: systemClock });

async function readAll(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

const isProblem = (problem: string) => (error: unknown) => error instanceof UpstreamError && error.problem === problem;

describe('challenges', () => {
  for (const [header, expected] of [
    ['Basic realm="x"', { scheme: 'basic' }],
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull"',
      {
        scheme: 'bearer',
        realm: 'https://auth.docker.io/token',
        service: 'registry.docker.io',
        scope: 'repository:a/b:pull',
      },
    ],
    ['bearer realm="/t", service=plain', { scheme: 'bearer', realm: '/t', service: 'plain', scope: undefined }],
    ['Bearer service="x"', undefined],
    ['Negotiate', undefined],
    [undefined, undefined],
  ] as const) {
    it(`${header}`, () => assert.deepEqual(parseChallenge(header), expected));
  }
});

describe('credentials', () => {
  it('stay with the registry: a redirect elsewhere goes without them', async () => {
    const blob = Buffer.from('bytes of a blob');
    const seen: (string | undefined)[] = [];
    const elsewhere = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end(blob);
    });
    const registry = await serve((request, response) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end();
        return;
      }
      response.writeHead(307, { Location: new URL('/store', elsewhere).href }).end();
    });
    const client = clientOf(registry, { username: 'me', password: 'secret' });
    const { chunks } = await client.blob(digestOf(blob));
    assert.ok((await readAll(chunks)).equals(blob));
    assert.deepEqual(seen, [undefined]);
  });

  it('are asked for once, and a refusal is told without them', async () => {
    let requests = 0;
    const registry = await serve((_, response) => {
      requests += 1;
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end();
    });
    const error = await clientOf(registry, { username: 'me', password: 'secret' })
      .manifest('x')
      .catch((one: unknown) => one);
    assert.ok(isProblem('denied')(error));
    assert.ok(!(error as Error).message.includes('secret'));
    assert.equal(requests, 2);
    await assert.rejects(clientOf(registry).manifest('x'), isProblem('denied'));
  });

  it('never go without TLS to another machine', async () => {
    const client = clientOf(new URL('http://registry.example.org'), { username: 'me', password: 'secret' });
    await assert.rejects(client.manifest('x'), isProblem('invalid'));
    const onward = await serve((_, response) => {
      response.writeHead(302, { Location: 'http://192.0.2.1/blob' }).end();
    });
    await assert.rejects(clientOf(onward).blob(digestOf(Buffer.from('x'))), isProblem('invalid'));
  });
});

describe('other servers', () => {
  it('do not lead to what has no TLS on this machine, neither by a redirect nor by the realm of a challenge', async () => {
    let asked = 0;
    const own = await serve((_, response) => {
      asked += 1;
      response.end('{"token":"ours"}');
    });
    const other = await serve((request, response) => {
      if (request.url!.includes('/manifests/')) response.writeHead(302, { Location: own.href }).end();
      else response.writeHead(401, { 'WWW-Authenticate': `Bearer realm="${own.href}token"` }).end();
    });
    // An address of this machine that is not known as one: a server elsewhere.
    const base = new URL(`http://0.0.0.0:${other.port}`);
    const outward = createHttpClient({ userAgent: 'test', plainHosts: new Set([base.host]) });
    endings.push(() => outward.close());
    const client = new RegistryClient({ base, repository: 'some/image', http: outward, clock: systemClock });
    await assert.rejects(client.manifest('x'), isProblem('invalid'));
    await assert.rejects(client.blob(digestOf(Buffer.from('x'))), isProblem('invalid'));
    assert.equal(asked, 0);
  });
});

describe('reads', () => {
  it('are tried again after errors of the server, and not after those of ours', async () => {
    let requests = 0;
    const bytes = Buffer.from('{}');
    const flaky = await serve((_, response) => {
      requests += 1;
      if (requests < 3) response.writeHead(502).end();
      else response.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8' }).end(bytes);
    });
    const { digest, mediaType } = await clientOf(flaky).manifest('v1');
    assert.deepEqual(
      { digest, mediaType, requests },
      { digest: digestOf(bytes), mediaType: 'application/json', requests: 3 },
    );
    requests = 0;
    const missing = await serve((_, response) => {
      requests += 1;
      response.writeHead(404).end('{"errors":[{"message":"no such thing"}]}');
    });
    await assert.rejects(clientOf(missing).manifest('v1'), /no such thing/);
    assert.equal(requests, 1);
  });

  it('refuse a manifest of another digest, and go on where a server knows no ranges', async () => {
    const other = await serve((_, response) => response.end('{}'));
    await assert.rejects(clientOf(other).manifest(digestOf(Buffer.from('x'))), isProblem('invalid'));
    const blob = Buffer.alloc(300_000, 'blob');
    let requests = 0;
    const rangeless = await serve((_, response) => {
      requests += 1;
      response.writeHead(200, { 'Content-Length': blob.length });
      if (requests === 1) response.write(blob.subarray(0, 100_000), () => response.destroy());
      else response.end(blob);
    });
    const { sizeBytes, chunks } = await clientOf(rangeless).blob(digestOf(blob));
    assert.equal(sizeBytes, blob.length);
    assert.ok((await readAll(chunks)).equals(blob));
    assert.equal(requests, 2);
  });

  it('give up an upstream that redirects without end', async () => {
    const base = await serve((_, response) => response.writeHead(302, { Location: '/again' }).end());
    await assert.rejects(clientOf(base).manifest('x'), isProblem('invalid'));
  });
});

describe('pushes', () => {
  const uploads = (on: (request: IncomingMessage, response: ServerResponse, held: Buffer[]) => boolean) => {
    const held: Buffer[] = [];
    const listener: RequestListener = (request, response) => {
      if (on(request, response, held)) return;
      if (request.method === 'HEAD') return void response.writeHead(404).end();
      if (request.method === 'POST') return void response.writeHead(202, { Location: '/upload' }).end();
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        held.push(...chunks);
        const size = held.reduce((sum, one) => sum + one.length, 0);
        const headers = { Location: '/upload', Range: `0-${Math.max(0, size - 1)}` };
        response.writeHead(request.method === 'PUT' ? 201 : request.method === 'GET' ? 204 : 202, headers).end();
      });
    };
    return { held, listener };
  };
  const bytesOf = (blob: Buffer): BlobBytes => ({
    digest: digestOf(blob),
    sizeBytes: blob.length,
    async *stream(start, end) {
      for (let at = start; at < end; at += 10_000) yield blob.subarray(at, Math.min(end, at + 10_000));
    },
  });

  it('go on after a chunk that was refused', async () => {
    let refusals = 1;
    const { held, listener } = uploads((request, response) => {
      if (request.method !== 'PATCH' || refusals === 0) return false;
      refusals -= 1;
      request.resume().on('end', () => response.writeHead(503).end());
      return true;
    });
    const blob = Buffer.alloc(100_000, 'push');
    const client = clientOf(await serve(listener));
    assert.equal(await pushBlob(client, systemClock, bytesOf(blob)), true);
    assert.ok(Buffer.concat(held).equals(blob));
  });

  it('leave out what is there', async () => {
    const { held, listener } = uploads((request, response) => {
      if (request.method !== 'HEAD') return false;
      response.writeHead(200, { 'Content-Length': 5 }).end();
      return true;
    });
    assert.equal(await pushBlob(clientOf(await serve(listener)), systemClock, bytesOf(Buffer.from('there'))), false);
    assert.deepEqual(held, []);
  });
});
