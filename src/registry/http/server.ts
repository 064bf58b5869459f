/**
 * Connections of the registry process: handed over by the control plane with their first bytes, or accepted on the loopback
 * address (requests that the control plane passes on). The former are answered by connection.ts, the latter and what that does
 * not know by node:http. What is not of the registry is passed on to the control plane.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Logger } from '#lib/logger.ts';
import { errorReply, RegistryError, type RegistryRequest, type Reply } from '../request.ts';
import type { Respond } from '../routes/route.ts';
import { Connection } from './connection.ts';
import { handOn } from './escalate.ts';
import { passedOn, passOn } from './forward.ts';
import { sendBlob } from './write-reply.ts';

export interface RegistryServer {
  /** `head` has been read from it and not been answered. */
  adopt(socket: Socket, head: Buffer): void;
  readonly port: number;
  close(): Promise<void>;
}

/** As long as AWS gives a push that stalls. */
const requestTimeoutMs = 0;
const headersTimeoutMs = 60_000;
const keepAliveTimeoutMs = 75_000;
/** A connection on which nothing moves for that long is given up, also in the middle of an upload. */
const stallTimeoutMs = 120_000;

export interface RegistryServerOptions {
  readonly respond: Respond;
  readonly logger: Logger;
  /** What control plane and registry process tell each other by. */
  readonly secret: string;
  readonly api: { readonly host: string; readonly port: number };
}

function toRequest(request: IncomingMessage, secret: string): RegistryRequest {
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  const { headers, method = 'GET' } = request;
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  const client = passedOn(headers, secret);
  return {
    method,
    path: at < 0 ? url : url.slice(0, at),
    query: at < 0 ? '' : url.slice(at + 1),
    host: headers.host,
    authorization: headers.authorization,
    userAgent: headers['user-agent'] ?? '',
    remoteAddress: client?.address ?? request.socket.remoteAddress ?? '',
    secure: client?.secure ?? false,
    header: (name) => {
      const value = headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    body: hasBody ? (request as AsyncIterable<Buffer>) : undefined,
  };
}

async function send(response: ServerResponse, method: string, reply: Reply): Promise<void> {
  const { status, headers, blob } = reply;
  const body = reply.body === undefined ? undefined : Buffer.from(reply.body as string);
  const bodiless = status === 204 || status === 304;
  const hasLength = bodiless || blob !== undefined || headers['Content-Length'] !== undefined;
  response.writeHead(status, hasLength ? { ...headers } : { ...headers, 'Content-Length': body?.length ?? 0 });
  if (blob && method !== 'HEAD') await sendBlob(response, blob);
  else if (body && method !== 'HEAD' && !bodiless) response.write(body);
  response.end();
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

export function startServer(options: RegistryServerOptions): Promise<RegistryServer> {
  const { respond, logger, secret } = options;
  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    const path = (incoming.url ?? '/').split('?', 1)[0]!;
    if (path !== '/v2' && !path.startsWith('/v2/')) return passOn(incoming, response, { ...options.api, secret });
    const request = toRequest(incoming, secret);
    const reply = methods.has(request.method)
      ? await respond(request)
      : errorReply(new RegistryError(405, 'UNSUPPORTED', 'the operation is not supported here'));
    if (response.destroyed) return reply.blob?.source.close();
    await send(response, request.method, reply);
  };
  const server = createServer(
    {
      keepAliveTimeout: keepAliveTimeoutMs,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      maxHeaderSize: 64 * 1024,
      noDelay: true,
    },
    (request, response) => {
      handle(request, response).catch((error: unknown) => {
        logger.debug('a request could not be answered', { path: request.url, error });
        response.destroy();
      });
    },
  );
  server.timeout = stallTimeoutMs;
  server.on('clientError', (_error, socket) => socket.destroy());
  return listen(server, options);
}

function listen(server: Server, options: RegistryServerOptions): Promise<RegistryServer> {
  const { respond, logger, secret } = options;
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  server.on('connection', (socket) => track(socket as Socket));
  const escalate = (socket: Socket, head: Buffer) =>
    handOn(socket, head, (stream) => server.emit('connection', stream));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0, backlog: 512 }, () => {
      server.off('error', reject);
      resolve({
        port: (server.address() as AddressInfo).port,
        adopt(socket, head) {
          if (!(socket as Socket & { _handle?: unknown })._handle) return void socket.destroy();
          track(new Connection(socket, head, { respond, logger, secret, escalate }).socket);
        },
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            for (const socket of sockets) socket.destroy();
          }),
      });
    });
  });
}
