/** The HTTP server of the task metadata endpoint: one handler on several addresses with the same port. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import { listenOnAll } from './listen.ts';
import type { MetadataRoutes } from './metadata-routes.ts';
import { RateLimit } from './rate-limit.ts';

/** As ECS's agent: requests per second on average and at once, for all containers together. */
const STEADY_RPS = 40;
const BURST_RPS = 60;
const TIMEOUT_MS = 5_000;
const MAX_BODY = 4_096;

export interface MetadataServerOptions {
  readonly addresses: readonly string[];
  /** Tried in order until every address has it; 0 is any. */
  readonly ports: readonly number[];
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface MetadataServer {
  readonly port: number;
  /** Until it is given, requests are answered 503. */
  serve(routes: MetadataRoutes): void;
  close(): Promise<void>;
}

function write(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    Server: 'slipway-agent',
  });
  response.end(text);
}

/** What is longer than any request that makes sense is cut, and so is no JSON any more. */
async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) if (text.length < MAX_BODY) text += chunk;
  return text.slice(0, MAX_BODY);
}

export async function startMetadataServer(options: MetadataServerOptions): Promise<MetadataServer> {
  const { clock, logger } = options;
  const limit = new RateLimit(clock, STEADY_RPS, BURST_RPS);
  let routes: MetadataRoutes | undefined;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (!limit.take()) return write(response, 429, 'You have reached maximum request limit.');
    const url = new URL(request.url ?? '/', 'http://169.254.170.2');
    const isUpdate = request.method === 'PUT' && url.pathname.startsWith('/api/');
    if (!isUpdate && request.method !== 'GET' && request.method !== 'HEAD')
      return write(response, 405, 'Method Not Allowed');
    if (!routes) return write(response, 503, 'the agent is starting');
    const given = isUpdate ? await readText(request) : undefined;
    const { status, body } = await routes({
      method: request.method,
      path: url.pathname,
      query: url.searchParams,
      address: request.socket.remoteAddress,
      port: request.socket.remotePort,
      userAgent: request.headers['user-agent'],
      body: given,
    });
    write(response, status, body);
  };
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch((error: unknown) => {
      logger.error('the task metadata endpoint failed', { error });
      if (!response.headersSent) write(response, 500, 'failed to get metadata');
    });
  };
  const timeouts = { requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS };
  const { port, close } = await listenOnAll(handle, options.addresses, options.ports, timeouts);
  return {
    port,
    serve: (next) => {
      routes = next;
    },
    close,
  };
}
