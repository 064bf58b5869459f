/** One handler on several addresses of this machine with the same port. */
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handle = (request: IncomingMessage, response: ServerResponse) => void;

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

const shut = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

async function listenAt(handle: Handle, addresses: readonly string[], wanted: number, options: ServerOptions) {
  const servers: Server[] = [];
  let port = wanted;
  try {
    for (const address of addresses) {
      const server = createServer(options, handle);
      await listen(server, address, port);
      servers.push(server);
      port = (server.address() as AddressInfo).port;
    }
    return { servers, port };
  } catch (error) {
    await Promise.all(servers.map(shut));
    throw error;
  }
}

/** `ports` are tried in order until every address has one; 0 is any. Rejects with the last one's error. */
export async function listenOnAll(
  handle: Handle,
  addresses: readonly string[],
  ports: readonly number[],
  options: ServerOptions,
): Promise<Listening> {
  let failure: unknown;
  for (const wanted of ports) {
    try {
      const { servers, port } = await listenAt(handle, addresses, wanted, options);
      return {
        port,
        close: async () => {
          await Promise.all(servers.map(shut));
        },
      };
    } catch (error) {
      failure = error;
    }
  }
  throw new Error(`cannot listen on ${addresses.join(', ')}`, { cause: failure });
}
