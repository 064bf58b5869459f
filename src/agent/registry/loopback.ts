/**
 * Where this machine's Docker reaches the control plane's registry. Docker takes plain HTTP from loopback addresses only, and
 * certificates that it knows: so unless the control plane is on this machine, a port of ours here leads there.
 */
import { createServer as createHttpServer } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '#lib/logger.ts';

/** Next to the agent's others. Images that were pulled by digest are known by it: the same one again saves asking for them. */
export const usualRegistryPort = 51_682;

export interface RegistryLoopback {
  /** `127.0.0.1:51682` */
  address(): Promise<string>;
  close(): void;
}

const loopbackName = /^(localhost|127(?:\.\d{1,3}){3})$/;
/** As long as the registry lets an upload or a pull stall. */
const stallTimeoutMs = 120_000;

/** Whether one ends or fails, both do. */
function join(client: Socket, target: Socket, logger: Logger): void {
  for (const [one, other] of [
    [client, target],
    [target, client],
  ] as const) {
    one.setNoDelay(true);
    one.on('error', (error) => logger.debug('a connection to the registry failed', { error }));
    one.once('close', () => other.destroy());
    one.pipe(other);
  }
}

/** Byte by byte. */
function plainServer({ hostname, port }: URL, logger: Logger): Server {
  const host = hostname.replace(/^\[|\]$/g, '');
  return createServer((client) => join(client, connect({ host, port: Number(port) || 80 }), logger));
}

/** Request by request: the registry tells clients that have come over TLS where to get a token over TLS, and Docker has not. */
function tlsServer({ hostname, port }: URL, agent: Agent): Server {
  const host = hostname.replace(/^\[|\]$/g, '');
  return createHttpServer((request, response) => {
    const { method, url: path, headers } = request;
    const onward = httpsRequest({
      host,
      port: Number(port) || 443,
      method,
      path,
      headers,
      agent,
      timeout: stallTimeoutMs,
    });
    onward.on('timeout', () => onward.destroy(new Error('timeout')));
    onward.on('error', () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { 'content-length': 0, connection: 'close' }).end();
    });
    onward.on('response', (answer) => {
      const { connection: _, 'keep-alive': __, 'www-authenticate': challenge, ...rest } = answer.headers;
      const own = challenge?.replace(`="https://${headers.host}/`, `="http://${headers.host}/`);
      response.writeHead(answer.statusCode ?? 502, { ...rest, ...(own !== undefined && { 'www-authenticate': own }) });
      answer.on('error', () => response.destroy());
      answer.pipe(response);
    });
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Listens when it is first asked for. */
export function createRegistryLoopback(endpoint: string, logger: Logger, usual = usualRegistryPort): RegistryLoopback {
  const url = new URL(endpoint);
  if (url.protocol === 'http:' && loopbackName.test(url.hostname)) {
    return { address: async () => `${url.hostname}:${url.port || 80}`, close: () => {} };
  }
  const open = new Set<Socket>();
  const agent = new Agent({ keepAlive: true, timeout: 30_000 });
  const server = url.protocol === 'https:' ? tlsServer(url, agent) : plainServer(url, logger);
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.unref();
  let port: Promise<number> | undefined;
  return {
    async address() {
      port ??= listen(server, usual).catch(() => listen(server, 0));
      port.catch(() => {
        port = undefined;
      });
      return `127.0.0.1:${await port}`;
    },
    close() {
      server.close();
      for (const socket of open) socket.destroy();
      agent.destroy();
    },
  };
}
