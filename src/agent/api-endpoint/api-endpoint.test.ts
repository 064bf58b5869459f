import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { systemClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { startApiEndpoint } from './api-endpoint.ts';

interface Seen {
  readonly url: string;
  readonly headers: readonly string[];
  readonly body: string;
}

/** What stands in for a control plane says what it was sent. */
async function start(t: TestContext, answer?: (request: IncomingMessage) => number) {
  const seen: Seen[] = [];
  const server = createServer(async (incoming, response) => {
    let body = '';
    for await (const chunk of incoming) body += chunk;
    seen.push({ url: incoming.url ?? '', headers: incoming.rawHeaders, body });
    response.writeHead(answer?.(incoming) ?? 200, { 'X-Amzn-RequestId': 'r', 'content-length': 2 });
    response.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const api = await startApiEndpoint({
    endpoint: `http://127.0.0.1:${port}`,
    addresses: ['127.0.0.1'],
    ports: [0],
    clock: systemClock,
    logger: silentLogger,
  });
  t.after(async () => {
    await api.close();
    server.closeAllConnections();
    server.close();
  });
  return { api, seen, server };
}

function call(port: number, headers: readonly string[], more: { path?: string; method?: string; body?: string } = {}) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const { path = '/', method = 'POST', body } = more;
    const sent = request({ host: '127.0.0.1', port, path, method, headers: headers as never }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, body: text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

test('passes a request on as it is, less what is of the connection', async (t) => {
  const { api, seen } = await start(t);
  const signed = [
    'Host',
    'as.signed:4566',
    'X-Amz-Date',
    'd',
    'x-amz-meta',
    ' a ',
    'X-Amz-Meta',
    'b',
    'Content-Length',
    '2',
  ];
  const own = ['Connection', 'keep-alive, X-Hop, Host', 'X-Hop', '1', 'Proxy-Connection', 'x', 'TE', 'trailers'];
  const forged = ['X-Slipway-Passed-On', 'guess 10.0.0.1'];
  const reply = await call(api.port, [...signed, ...own, ...forged], { path: '/a//b?c=%2F', body: '{}' });
  assert.deepEqual(reply, { status: 200, body: 'ok' });
  const [{ url, headers, body }] = seen as [Seen];
  assert.deepEqual([url, body], ['/a//b?c=%2F', '{}']);
  const names = headers.filter((_, i) => i % 2 === 0);
  assert.deepEqual(names, ['Host', 'X-Amz-Date', 'x-amz-meta', 'X-Amz-Meta', 'Content-Length', 'Connection']);
  assert.equal(headers[1], 'as.signed:4566');
});

test('a body without a length, a HEAD and an error of the control plane', async (t) => {
  const { api, seen } = await start(t, ({ method }) => (method === 'PATCH' ? 404 : 200));
  await call(api.port, ['Host', 'h', 'Transfer-Encoding', 'chunked'], {
    path: '/v2/a/blobs/uploads/',
    body: 'x'.repeat(5),
  });
  assert.equal(seen[0]!.body, 'xxxxx');
  assert.deepEqual(await call(api.port, ['Host', 'h'], { method: 'HEAD' }), { status: 200, body: '' });
  const { status } = await call(api.port, ['Host', 'h', 'Content-Length', '0'], { method: 'PATCH' });
  assert.equal(status, 404);
});

test('a control plane that is away is ServiceUnavailable, which clients try again', async (t) => {
  const { api, server } = await start(t);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const { status, body } = await call(api.port, ['Host', 'h', 'Content-Length', '2'], { body: '{}' });
  assert.deepEqual([status, JSON.parse(body).__type], [503, 'ServiceUnavailable']);
});
