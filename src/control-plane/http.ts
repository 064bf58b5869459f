/**
 * The one listener: AWS's APIs on every path that no other room has taken, websocket upgrades by path prefix, and a
 * health document. It reads requests whole, within limits, and hands them to the pipeline.
 *
 * - A client that is slow, too big, speaks TLS or no HTTP at all is turned away here and costs nothing further in.
 * - `close` stops accepting, lets the requests under way finish, then ends what is still open.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { systemClock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Serve } from '#protocol/pipeline.ts';
import type { WireReply, WireRequest } from '#protocol/wire.ts';
import { type PassedOn, passedOn, passOn } from '#registry/http/forward.ts';
import { peek } from './peek.ts';

export interface UpgradeRoute {
  /** `/acs/` */
  readonly prefix: string;
  readonly handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** A path prefix that is not an AWS API. */
export interface HttpRoute {
  readonly prefix: string;
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly serve: Serve;
  readonly version: string;
  readonly logger: Logger;
  readonly upgrades?: readonly UpgradeRoute[];
  readonly routes?: readonly HttpRoute[];
  readonly bodyLimitBytes?: number;
  readonly registry?: RegistryConnections;
}

/** Who answers below `/v2`: a process of its own that gets whole connections. */
export interface RegistryConnections {
  take(socket: Socket, head: Buffer): void;
  port(): Promise<number>;
  /** What its process and this one tell each other by. */
  readonly secret: string;
}

export interface HttpListener {
  readonly endpoint: string;
  readonly port: number;
  close(): Promise<void>;
}

/** The largest API request that AWS takes is a megabyte of log events, which JSON's escapes can make six of. */
const defaultBodyLimitBytes = 8 * 1024 * 1024;
/** Shorter, and clients on slow links fail; longer, and idle clients hold memory for nothing. */
const requestTimeoutMs = 60_000;
/** Longer than the idle time after which SDKs drop a pooled connection, so that it is they who drop it. */
const keepAliveTimeoutMs = 75_000;
const closeGraceMs = 5_000;

function send(response: ServerResponse, reply: WireReply): void {
  if (response.headersSent || response.destroyed) return;
  const length = typeof reply.body === 'string' ? Buffer.byteLength(reply.body) : reply.body.byteLength;
  response.writeHead(reply.status, { ...reply.headers, 'content-length': length });
  response.end(reply.body);
}

const text = (status: number, body: string, contentType = 'text/plain; charset=utf-8'): WireReply => ({
  status,
  headers: { 'content-type': contentType },
  body,
});

const tooLarge = Symbol('too large');

/**
 * The whole body, or undefined when the client went away. One that is too large is read to its end and thrown away, so
 * that the client gets to read the answer.
 */
function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer | typeof tooLarge | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limitBytes) chunks.push(chunk);
      else resolve(tooLarge);
    });
    request.on('end', () =>
      resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, Math.min(size, limitBytes))),
    );
    request.on('error', () => resolve(undefined));
    request.on('close', () => resolve(undefined));
  });
}

function toWireRequest(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer | typeof tooLarge,
  limitBytes: number,
  client: PassedOn | undefined,
): WireRequest {
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  let controller: AbortController | undefined;
  return {
    method: request.method ?? 'GET',
    path: at < 0 ? url : url.slice(0, at),
    query: at < 0 ? '' : url.slice(at + 1),
    headers: request.headers,
    ...(body === tooLarge ? { body: Buffer.alloc(0), exceededLimitBytes: limitBytes } : { body }),
    remoteAddress: client?.address ?? request.socket.remoteAddress ?? '',
    secure: client?.secure ?? false,
    /** Made only for the few handlers that wait. */
    get signal() {
      if (!controller) {
        const made = new AbortController();
        controller = made;
        if (response.destroyed) made.abort();
        else response.once('close', () => made.abort());
      }
      return controller.signal;
    },
  };
}

function handler(
  options: HttpOptions,
  isClosing: () => boolean,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { logger } = options;
  const limitBytes = options.bodyLimitBytes ?? defaultBodyLimitBytes;
  return async (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0]!;
    const route = options.routes?.find((one) => path.startsWith(one.prefix));
    if (route) return route.handle(request, response);
    const { registry } = options;
    if (registry && isRegistryPath(path)) {
      const port = await registry.port();
      return passOn(request, response, { host: '127.0.0.1', port, secret: registry.secret });
    }
    if (request.method === 'GET' || request.method === 'HEAD') {
      if (path === '/health' || path === '/_slipway/health') {
        const document = JSON.stringify({ status: 'running', version: options.version });
        return send(response, text(200, document, 'application/json'));
      }
      if (path === '/' && !request.url!.includes('?') && request.headers.authorization === undefined) {
        const greeting = `Slipway ${options.version}: AWS APIs answer here. Point a client at this address:\n  aws --endpoint-url http://${request.headers.host ?? 'HOST'} sts get-caller-identity\n`;
        return send(response, text(200, greeting));
      }
    }
    const body = await readBody(request, limitBytes);
    if (body === undefined) return;
    const client = registry && passedOn(request.headers, registry.secret);
    const reply = await options.serve(toWireRequest(request, response, body, limitBytes, client));
    logger.debug('answered', { path, status: reply.status, requestId: reply.headers['x-amzn-requestid'] });
    if (isClosing()) response.setHeader('connection', 'close');
    send(response, reply);
  };
}

const isRegistryPath = (path: string) => path === '/v2' || path.startsWith('/v2/');

const tlsHandshake = 0x16;

function onClientError(error: Error & { readonly rawPacket?: Buffer; readonly code?: string }, socket: Duplex): void {
  if (error.rawPacket?.[0] === tlsHandshake || !socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

function listen(server: Server, options: HttpOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port, backlog: 1024 }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

const hostInUrl = (host: string) => {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
};

/** Rejects with the listener's own error (EADDRINUSE, EACCES …). */
export async function startHttp(options: HttpOptions): Promise<HttpListener> {
  const handle = handler(options, () => !server.listening);
  const server = createServer(
    {
      keepAliveTimeout: keepAliveTimeoutMs,
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      maxHeaderSize: 64 * 1024,
      noDelay: true,
    },
    (request, response) => {
      handle(request, response).catch((error: unknown) => {
        options.logger.error('a request failed outside the pipeline', { error });
        response.destroy();
      });
    },
  );
  const upgraded = new Set<Duplex>();
  server.on('clientError', onClientError);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const route = options.upgrades?.find((one) => request.url?.startsWith(one.prefix));
    if (!route) {
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    socket.on('error', (error: Error) => options.logger.debug('an upgraded connection failed', { error }));
    route.handleUpgrade(request, socket, head);
  });
  const sockets = new Set<Socket>();
  /** Connections that have not said yet what they want. */
  const silent = new Set<Socket>();
  const [accept] = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    const { registry } = options;
    if (!registry) return accept!.call(server, socket);
    silent.add(socket);
    const decided = () => silent.delete(socket);
    socket.once('close', decided);
    peek(socket, {
      accept: () => {
        decided();
        accept!.call(server, socket);
      },
      take: (_, head) => {
        decided();
        registry.take(socket, head);
      },
    });
  });
  const port = await listen(server, options);
  return {
    endpoint: `http://${hostInUrl(options.host)}:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        const grace = systemClock.after(closeGraceMs, () => {
          for (const socket of sockets) socket.destroy();
        });
        server.close(() => {
          grace.cancel();
          resolve();
        });
        server.closeIdleConnections();
        for (const socket of [...upgraded, ...silent]) socket.destroy();
      }),
  };
}
