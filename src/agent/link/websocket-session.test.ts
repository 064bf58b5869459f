import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { FakeClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { seededRandom } from '#lib/random.ts';
import type { Envelope } from '#model/agent-messages.ts';
import { type Session, startSession } from './websocket-session.ts';

/** A server that accepts or refuses, on a fake clock: what passes between two connections is only what the session waits. */
describe('a websocket session', () => {
  let http: Server;
  let server: WebSocketServer;
  let clock: FakeClock;
  let session: Session;
  let refuseWith: string | undefined;
  let attempts = 0;
  const connections: WebSocket[] = [];
  const received: Envelope[] = [];

  beforeEach(async () => {
    refuseWith = undefined;
    attempts = 0;
    connections.length = 0;
    received.length = 0;
    clock = new FakeClock();
    http = createServer();
    server = new WebSocketServer({ noServer: true });
    http.on('upgrade', (request, socket, head) => {
      attempts++;
      if (refuseWith !== undefined) {
        socket.end(
          `HTTP/1.1 400 Bad Request\r\nContent-Length: ${refuseWith.length}\r\nConnection: close\r\n\r\n${refuseWith}`,
        );
        return;
      }
      server.handleUpgrade(request, socket, head, (connection) => connections.push(connection));
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const { port } = http.address() as AddressInfo;
    session = startSession({
      name: 'test',
      url: async () => new URL(`ws://127.0.0.1:${port}/ws`),
      signer: { sign: async () => ({}) },
      backoff: { firstMs: 1_000, maxMs: 60_000, factor: 2, jitter: 0 },
      onOpen: () => {},
      onMessage: (message) => {
        received.push(message);
      },
      clock,
      random: seededRandom(1),
      logger: silentLogger,
    });
  });

  afterEach(async () => {
    session.close();
    for (const connection of connections) connection.terminate();
    http.close();
    http.closeAllConnections();
    await once(http, 'close');
  });

  const until = async (what: string, is: () => boolean) => {
    const deadline = performance.now() + 5_000;
    while (!is()) {
      if (performance.now() > deadline) throw new Error(`waited too long for ${what}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  /** Passes time until it happens; answers how much was needed. */
  const passUntil = async (what: string, stepMs: number, is: () => boolean): Promise<number> => {
    const deadline = performance.now() + 5_000;
    for (let passedMs = 0; ; passedMs += stepMs) {
      for (let turn = 0; turn < 200 && !is(); turn++) await new Promise((resolve) => setImmediate(resolve));
      if (is()) return passedMs;
      if (performance.now() > deadline) throw new Error(`waited too long for ${what}`);
      clock.advance(stepMs);
    }
  };

  for (const code of [1000, 1001, 1011]) {
    it(`follows a normal end (${code}) at once`, async () => {
      await until('the connection', () => connections.length === 1);
      clock.advance(5_000);
      connections[0]!.close(code);
      await until('the next connection', () => connections.length === 2);
    });
  }

  it('follows a cut connection at once', async () => {
    await until('the connection', () => connections.length === 1);
    clock.advance(5_000);
    connections[0]!.terminate();
    await until('the next connection', () => connections.length === 2);
  });

  it('waits longer and longer while it is refused', async () => {
    await until('the connection', () => connections.length === 1);
    refuseWith = '{"type":"ServerException","message":{"message":"no"}}';
    clock.advance(5_000);
    connections[0]!.close(1000);
    await until('the refusal', () => attempts === 2);
    const waits: number[] = [];
    for (const attempt of [3, 4, 5]) waits.push(await passUntil(`attempt ${attempt}`, 500, () => attempts === attempt));
    assert.deepEqual(waits, [1_000, 2_000, 4_000]);
  });

  it('asks again only after an hour when the instance is inactive', async () => {
    await until('the connection', () => connections.length === 1);
    refuseWith = '{"InactiveInstanceException":"gone"}';
    clock.advance(5_000);
    connections[0]!.close(1000);
    await until('the refusal', () => attempts === 2);
    assert.equal(await passUntil('the next attempt', 600_000, () => attempts === 3), 3_600_000);
  });

  it('leaves a connection on which nothing comes for 60 to 120 s', async () => {
    await until('the connection', () => connections.length === 1);
    const waitedMs = await passUntil('the next connection', 5_000, () => connections.length === 2);
    assert.ok(waitedMs >= 60_000 && waitedMs <= 120_000, `${waitedMs}`);
  });

  it('hears messages in order and lives through those it cannot read', async () => {
    await until('the connection', () => connections.length === 1);
    for (const text of ['{"type":"A","message":{}}', 'not json', '{"type":7}', 'null', '{"type":"B","message":{}}']) {
      connections[0]!.send(text);
    }
    await until('the messages', () => received.length === 2);
    assert.deepEqual(
      received.map((message) => message.type),
      ['A', 'B'],
    );
    assert.equal(connections.length, 1);
  });
});
