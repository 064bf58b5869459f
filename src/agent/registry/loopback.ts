/**
 * Where this machine's Docker reaches the control plane's registry. Docker takes plain HTTP from loopback addresses only, and
 * certificates that it knows: so unless the control plane is on this machine, a port of ours here leads there, byte by byte.
 */
import { type AddressInfo, connect as connectPlain, createServer, isIP, type Server, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Logger } from '#lib/logger.ts';

/** Next to the agent's others. Images that were pulled by digest are known by it: the same one again saves asking for them. */
export const usualRegistryPort = 51_682;

export interface RegistryLoopback {
  /** `127.0.0.1:51682` */
  address(): Promise<string>;
  close(): void;
}

const loopbackName = /^(localhost|127(?:\.\d{1,3}){3})$/;

function connectTo(endpoint: URL): Socket {
  const isTls = endpoint.protocol === 'https:';
  const host = endpoint.hostname.replace(/^\[|\]$/g, '');
  const port = Number(endpoint.port) || (isTls ? 443 : 80);
  if (!isTls) return connectPlain({ host, port });
  return connectTls({ host, port, ALPNProtocols: ['http/1.1'], ...(isIP(host) === 0 && { servername: host }) });
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
  const server = createServer((client) => {
    const target = connectTo(url);
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      open.add(one);
      one.setNoDelay(true);
      one.on('error', (error) => {
        logger.debug('a connection to the registry failed', { error });
        other.destroy();
      });
      one.once('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
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
    },
  };
}
