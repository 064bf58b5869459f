import assert from 'node:assert/strict';
import { Agent, request as httpRequest } from 'node:http';
import { describe, test } from 'node:test';
import { silentLogger } from '#lib/logger.ts';
import type { Serve } from '#protocol/pipeline.ts';
import { startHttp } from './http.ts';

const start = (serve: Serve) =>
  startHttp({ host: '127.0.0.1', port: 0, serve, version: '1.2.3', logger: silentLogger });
const reply = { status: 200, headers: {}, body: 'done' };

function post(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, method: 'POST', agent }, (response) => {
      response.setEncoding('utf8');
      let body = '';
      response.on('data', (text) => {
        body += text;
      });
      response.on('end', () => resolve(body));
    });
    request.on('error', reject);
    request.end('x');
  });
}

describe('the listener', () => {
  test('lets what is under way finish when it closes, and ends idle connections', async () => {
    const agent = new Agent({ keepAlive: true });
    const gates: (() => void)[] = [];
    const arrived = Promise.withResolvers<void>();
    const listener = await start(async () => {
      if (gates.length === 0) {
        arrived.resolve();
        await new Promise<void>((resolve) => gates.push(resolve));
      }
      return reply;
    });
    const answer = post(listener.port, agent);
    await arrived.promise;
    const closed = listener.close();
    gates[0]!();
    assert.equal(await answer, 'done');
    await closed;
    await assert.rejects(post(listener.port, agent), { code: 'ECONNREFUSED' });
    agent.destroy();
  });

  test('aborts the signal of a request whose client went away', async () => {
    const aborted = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const listener = await start(async ({ signal }) => {
      signal.addEventListener('abort', () => aborted.resolve());
      arrived.resolve();
      await aborted.promise;
      return reply;
    });
    const request = httpRequest({ port: listener.port, method: 'POST' });
    request.on('error', () => {});
    request.end('x');
    await arrived.promise;
    request.destroy();
    await aborted.promise;
    await listener.close();
  });

  test('rejects when the port is taken', async () => {
    const listener = await start(async () => reply);
    const again = startHttp({
      host: '127.0.0.1',
      port: listener.port,
      serve: async () => reply,
      version: '1',
      logger: silentLogger,
    });
    await assert.rejects(again, { code: 'EADDRINUSE' });
    await listener.close();
  });
});
