/**
 * Takes the TLS off requests and passes them on to the control plane's plain listener, which has registry and APIs behind it.
 * Runs in a process of its own: ciphers and the bytes of images cost the control plane nothing. It decides nothing;
 * who the client is and that it came over TLS travels with each request.
 */
import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import { passedOnHeader } from '#registry/http/forward.ts';
import { certificateLifetimeMs, certify } from './certificates.ts';
import type { TlsListener } from './messages.ts';

/** Shorter than the plain listener keeps an idle connection, so that it is we who drop it. */
const idleTimeoutMs = 15_000;
const keepAliveTimeoutMs = 75_000;
const stallTimeoutMs = 120_000;

export interface FrontOptions {
  readonly target: { readonly host: string; readonly port: number };
  readonly secret: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface TlsFront {
  /** Answers the port; rejects with the listener's own error. */
  listen(listener: TlsListener): Promise<number>;
  unlisten(name: TlsListener['name']): Promise<void>;
  close(): Promise<void>;
}

/** Certificates for names, made when the first client asks for one and again long before they expire. */
function createContexts({ clock, random }: FrontOptions, current: () => TlsListener) {
  let kept = new Map<string, { readonly context: Promise<SecureContext>; readonly untilMs: number }>();
  let of: TlsListener['authority'];
  return (name: string): Promise<SecureContext> | undefined => {
    const { authority, names } = current();
    if (!authority || !names.includes(name)) return undefined;
    if (of?.cert !== authority.cert) kept = new Map();
    of = authority;
    const now = clock.now();
    const found = kept.get(name);
    if (found && found.untilMs > now) return found.context;
    const context = certify(authority, name, now, random.bytes(16)).then(createSecureContext);
    context.catch(() => kept.delete(name));
    kept.set(name, { context, untilMs: now + certificateLifetimeMs / 2 });
    return context;
  };
}

function createForward({ target, secret }: FrontOptions) {
  // Connections that speak to the registry are handed to its process, so the two kinds do not share any.
  const agents = [0, 1].map(() => new Agent({ keepAlive: true, timeout: idleTimeoutMs, maxFreeSockets: 32 }));
  const clientOf = (request: IncomingMessage) =>
    passedOnHeader(secret, { address: request.socket.remoteAddress ?? '', secure: true });
  const forward = (request: IncomingMessage, response: ServerResponse) => {
    const isRegistry = /^\/v2(?:[/?]|$)/.test(request.url ?? '');
    const { connection: _, ...headers } = request.headers;
    const onward = httpRequest({
      ...target,
      method: request.method,
      path: request.url,
      headers: { ...headers, ...clientOf(request) },
      agent: agents[isRegistry ? 1 : 0]!,
    });
    onward.on('response', (answer) => {
      const { connection: __, 'keep-alive': ___, ...rest } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, rest);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    onward.on('error', () => {
      if (response.headersSent) return response.destroy();
      response.writeHead(502, { 'content-length': 0, connection: 'close' }).end();
    });
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  };
  /** A websocket: its opening is passed on as it is, and every byte after it. */
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Whatever else took the bytes after an opening for requests would not know whose they are.
    if (!/^\/(?:acs|tcs)\//.test(request.url ?? '')) {
      return socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    }
    const plain = connect(target);
    const headers: Record<string, unknown> = { ...request.headers, ...clientOf(request), 'x-forwarded-proto': 'https' };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    plain.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join('')}\r\n`);
    plain.write(head);
    socket.pipe(plain).pipe(socket);
    for (const [one, other] of [
      [plain, socket],
      [socket, plain],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  };
  const close = () => {
    for (const agent of agents) agent.destroy();
  };
  return { forward, upgrade, close };
}

interface Open {
  listener: TlsListener;
  readonly server: Server;
  readonly sockets: Set<Duplex>;
}

export function createTlsFront(options: FrontOptions): TlsFront {
  const { logger } = options;
  const forwarding = createForward(options);
  const open = new Map<TlsListener['name'], Open>();

  const start = async (listener: TlsListener): Promise<number> => {
    const contextOf = createContexts(options, () => entry.listener);
    const server = createServer({
      ...listener.certificate,
      keepAliveTimeout: keepAliveTimeoutMs,
      requestTimeout: 0,
      maxHeaderSize: 64 * 1024,
      ALPNProtocols: ['http/1.1'],
      SNICallback: (name, done) => {
        const made = contextOf(name.toLowerCase());
        if (!made) return done(null);
        made.then((context) => done(null, context), done);
      },
    });
    const entry: Open = { listener, server, sockets: new Set() };
    server.timeout = stallTimeoutMs;
    server.on('request', forwarding.forward);
    server.on('upgrade', (request, socket, head) => {
      (socket as Socket).setTimeout(0);
      forwarding.upgrade(request, socket, head);
    });
    server.on('connection', (socket) => {
      entry.sockets.add(socket);
      socket.once('close', () => entry.sockets.delete(socket));
    });
    server.on('tlsClientError', (error, socket) => {
      logger.debug('a TLS connection failed', { error });
      socket.destroy();
    });
    server.on('clientError', (_, socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: listener.host, port: listener.port, backlog: 512 }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    open.set(listener.name, entry);
    return (server.address() as AddressInfo).port;
  };

  const unlisten = async (name: TlsListener['name']) => {
    const entry = open.get(name);
    if (!entry) return;
    open.delete(name);
    const closed = new Promise<void>((resolve) => entry.server.close(() => resolve()));
    for (const socket of entry.sockets) socket.destroy();
    await closed;
  };

  return {
    async listen(listener) {
      const entry = open.get(listener.name);
      if (entry && entry.listener.host === listener.host && entry.listener.port === listener.port) {
        entry.listener = listener;
        if (listener.certificate) entry.server.setSecureContext(listener.certificate);
        return (entry.server.address() as AddressInfo).port;
      }
      await unlisten(listener.name);
      return start(listener);
    },
    unlisten,
    async close() {
      for (const name of [...open.keys()]) await unlisten(name);
      forwarding.close();
    },
  };
}
