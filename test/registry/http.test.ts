/** What a client may do to a connection: framing that others would read otherwise, answers that nobody reads, ends in the middle. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { handOn } from '#registry/http/escalate.ts';
import { until } from '../support/slipway-process.ts';
import { basic, makeImage, pushImage, startTestRegistry, type TestRegistry } from './client.ts';

let registry: TestRegistry;

before(async () => {
  registry = await startTestRegistry();
});
after(() => registry.close());

const auth = () => basic(registry.administrator.accessKeyId, registry.administrator.secretAccessKey);
const count = (text: string, what: string) => text.split(what).length - 1;
const connect = () => net.connect({ port: registry.port, host: '127.0.0.1' });
const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${auth()}\r\n${more}\r\n`;

/** All that comes back until the server ends the connection. */
async function untilEnd(bytes: string): Promise<string> {
  const socket = connect();
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  socket.write(Buffer.from(bytes, 'latin1'));
  await once(socket, 'close', { signal: AbortSignal.timeout(20_000) });
  return text;
}

describe('framing', () => {
  const inner = () => get('/v2/inner/manifests/x');
  const post = (headers: string, body: string) =>
    `POST /v2/framing/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nAuthorization: ${auth()}\r\n${headers}\r\n${body}`;
  const ambiguous: readonly (readonly [string, () => string])[] = [
    [
      'both a length and chunks',
      () => post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${inner()}`),
    ],
    ['two lengths', () => post('Content-Length: 0\r\nContent-Length: 5\r\n', inner())],
    ['a length with a sign', () => post('Content-Length: +5\r\n', inner())],
    ['a list of lengths', () => post('Content-Length: 5, 5\r\n', inner())],
    ['a coding behind a vertical tab', () => post('Transfer-Encoding: \x0bchunked\r\n', `0\r\n\r\n${inner()}`)],
    ['a coding behind a no-break space', () => post('Transfer-Encoding: \xa0chunked\r\n', `0\r\n\r\n${inner()}`)],
    [
      'a coding that is not the last one',
      () => post('Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${inner()}`),
    ],
    ['a header over two lines', () => post('X: a\r\n Content-Length: 5\r\n', inner())],
    ['a blank before the colon', () => post('Content-Length : 5\r\n', inner())],
    ['a line feed alone at the end of a head', () => `${get('/v2/', 'X: a\n')}${inner()}`],
    ['a carriage return in a value', () => `${get('/v2/', 'X: a\rContent-Length: 5\r\n')}${inner()}`],
  ];
  for (const [what, bytes] of ambiguous) {
    it(`refuses ${what}, and what comes behind it`, async () => {
      const text = await untilEnd(bytes());
      assert.ok(count(text, 'HTTP/1.1 ') <= 1, text);
      assert.doesNotMatch(text, /^HTTP\/1.1 [23]/);
    });
  }

  it('refuses chunks whose lines end otherwise, and what comes behind them', async () => {
    const start = await registry.client('POST', '/v2/framing/blobs/uploads/');
    const head = `PATCH ${start.headers.location} HTTP/1.1\r\nHost: x\r\nAuthorization: ${auth()}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const text = await untilEnd(`${head}3;x=\nabc\r\n0\r\n\r\n${inner()}`);
    assert.match(text, /^HTTP\/1.1 400 /);
    assert.equal(count(text, 'HTTP/1.1 '), 1);
  });
});

describe('ends', () => {
  it('takes nothing for a request after the last answer', async () => {
    const image = makeImage();
    await pushImage(registry.client, 'last', 'x', image);
    const socket = connect();
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    const ended = once(socket, 'end', { signal: AbortSignal.timeout(20_000) });
    socket.write(get('/v2/', 'Connection: close\r\n'));
    await once(socket, 'data');
    const line = `DELETE /v2/last/manifests/${image.digest} HTTP/1.1\r\nHost: x\r\nAuthorization: ${auth()}\r\n\r\n`;
    socket.write(line);
    await ended;
    socket.destroy();
    assert.equal(count(text, 'HTTP/1.1 '), 1);
    assert.equal((await registry.client('HEAD', '/v2/last/manifests/x')).status, 200);
  });

  it('ends the connection when a body was announced that nobody asked for', async () => {
    const line = 'PUT /v2/ends/manifests/x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 90\r\n\r\n';
    const socket = connect();
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    const ended = once(socket, 'end', { signal: AbortSignal.timeout(20_000) });
    socket.write(line);
    await ended;
    socket.destroy();
    assert.match(text, /^HTTP\/1.1 401 .*connection: close/is);
    assert.doesNotMatch(text, /100 Continue/);
  });

  it('asks for a body that it wants, and goes on', async () => {
    const image = makeImage();
    await pushImage(registry.client, 'wanted', 'x', image);
    const socket = connect();
    const head = `PUT /v2/wanted/manifests/y HTTP/1.1\r\nHost: x\r\nAuthorization: ${auth()}\r\nExpect: 100-continue\r\nContent-Length: ${image.bytes.length}\r\n\r\n`;
    socket.write(head);
    const [told] = await once(socket, 'data');
    assert.match(String(told), /^HTTP\/1.1 100 Continue/);
    socket.write(image.bytes);
    assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1.1 201 /);
    socket.write(get('/v2/'));
    assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1.1 200 /);
    socket.destroy();
  });
});

describe('connections that node:http takes over', () => {
  it('are given up as others are when nothing moves', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
    const [socket] = (await accepted) as [net.Socket];
    let gone = false;
    socket.setTimeout(50, () => socket.destroy());
    handOn(socket, Buffer.alloc(0), (stream) => stream.on('close', () => (gone = true)));
    await until('it is gone', 5_000, () => gone);
    client.destroy();
    server.close();
  });
});

describe('a client that asks for much at once', () => {
  const rssMiB = () => {
    const status = readFileSync(`/proc/${registry.registry.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
  };

  /** Sends `requests` and reads when `read` resolves, until there are `answers`. */
  async function ask(requests: string, answers: number, read: Promise<unknown>): Promise<void> {
    const socket = connect();
    socket.pause();
    socket.write(requests);
    await read;
    let seen = 0;
    let tail = '';
    socket.on('data', (chunk: Buffer) => {
      const text = tail + chunk.toString('latin1');
      seen += count(text, 'HTTP/1.1 ');
      tail = text.slice(-8);
      if (seen === answers) socket.destroy();
    });
    socket.resume();
    await once(socket, 'close', { signal: AbortSignal.timeout(30_000) });
    assert.equal(seen, answers);
  }

  it('gets all answers to requests that came in one piece with a body', async () => {
    await pushImage(registry.client, 'many', 'x', makeImage());
    const first = `POST /v2/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`;
    await ask(first + get('/v2/many/manifests/x').repeat(7_000), 7_001, Promise.resolve());
  });

  it('gets no more answers than it reads', async () => {
    const image = makeImage();
    await pushImage(registry.client, 'unread', 'small', image);
    const manifest = JSON.parse(image.bytes.toString());
    const body = JSON.stringify({ ...manifest, annotations: { much: 'x'.repeat(2_000_000) } });
    const headers = { 'content-type': manifest.mediaType };
    assert.equal((await registry.client('PUT', '/v2/unread/manifests/x', { body, headers })).status, 201);
    const before = rssMiB();
    let most = 0;
    const watched = (async () => {
      for (let turn = 0; turn < 20; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 25));
        most = Math.max(most, rssMiB());
      }
    })();
    await ask(get('/v2/unread/manifests/x').repeat(200), 200, watched);
    assert.ok(most - before < 100, `${before} MiB became ${most} MiB`);
  });
});
