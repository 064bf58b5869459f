/**
 * The instance metadata service, version 2 only: what AWS's clients on this machine ask for the instance's role and for
 * where they are. On the loopback address, so containers with a network of their own cannot reach it; those that share
 * the machine's are turned away (caller-process.ts).
 *
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import { isOutsideContainers } from './caller-process.ts';
import type { InstanceFacts } from './instance-role.ts';
import { identityDocument, type Tree, treeOf } from './metadata-tree.ts';

export interface InstanceMetadataDeps {
  readonly facts: () => Promise<InstanceFacts>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const maxTtlSeconds = 21_600;
const ttlHeader = 'x-aws-ec2-metadata-token-ttl-seconds';
const tokenHeader = 'x-aws-ec2-metadata-token';

const words: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  503: 'Service Unavailable',
};
const refuse = (status: number): Reply => ({ status, text: words[status] ?? '' });

/** Tokens say themselves until when they hold; nothing is kept of them. */
function createTokens(clock: Clock, random: Random) {
  const key = Buffer.from(random.bytes(32));
  const macOf = (text: string) => createHmac('sha256', key).update(text).digest();
  return {
    make(ttlSeconds: number): string {
      const until = String(clock.now() + ttlSeconds * 1000);
      return Buffer.concat([macOf(until), Buffer.from(until)]).toString('base64url');
    },
    isGood(token: string): boolean {
      const bytes = Buffer.from(token, 'base64url');
      if (bytes.length <= 32) return false;
      const until = bytes.subarray(32).toString();
      return timingSafeEqual(bytes.subarray(0, 32), macOf(until)) && Number(until) > clock.now();
    },
  };
}

function lookUp(tree: Tree, path: readonly string[]): string | undefined {
  let node: Tree | string | undefined = tree;
  for (const name of path) {
    if (name === '') continue;
    node = typeof node === 'object' && Object.hasOwn(node, name) ? node[name] : undefined;
  }
  if (typeof node !== 'object') return node;
  return Object.entries(node)
    .map(([name, value]) => (typeof value === 'string' ? name : `${name}/`))
    .join('\n');
}

export type AnswerInstanceMetadata = (request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>) => Promise<Reply>;

export function createInstanceMetadata(deps: InstanceMetadataDeps): AnswerInstanceMetadata {
  const tokens = createTokens(deps.clock, deps.random);
  return async ({ method, url = '/', headers }) => {
    const path = url.split('?')[0]!.split('/').slice(1);
    if (!/^(latest|\d{4}-\d{2}-\d{2})$/.test(path[0] ?? '')) return refuse(404);
    if (method === 'PUT') {
      if (path.slice(1).join('/') !== 'api/token') return refuse(405);
      // A request that was passed on comes from somewhere else.
      if (headers['x-forwarded-for'] !== undefined) return refuse(403);
      const ttl = Number(headers[ttlHeader]);
      if (!Number.isInteger(ttl) || ttl < 1 || ttl > maxTtlSeconds) return refuse(400);
      return { status: 200, text: tokens.make(ttl), headers: { [ttlHeader]: String(ttl) } };
    }
    if (method !== 'GET' && method !== 'HEAD') return refuse(405);
    const token = headers[tokenHeader];
    if (typeof token !== 'string' || !tokens.isGood(token)) return refuse(401);
    const facts = await deps.facts();
    const [, root, ...rest] = path;
    if (root === 'dynamic' && rest.join('/') === 'instance-identity/document') {
      return { status: 200, text: identityDocument(facts) };
    }
    const text = root === 'meta-data' ? lookUp(treeOf(facts), rest) : undefined;
    return text === undefined ? refuse(404) : { status: 200, text };
  };
}

export interface InstanceMetadataServer {
  readonly port: number;
  close(): Promise<void>;
}

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, () => resolve((server.address() as AddressInfo).port));
  });

/** `ports`: tried in order; 0 is any. */
export async function serveInstanceMetadata(
  deps: InstanceMetadataDeps,
  ports: readonly number[],
): Promise<InstanceMetadataServer> {
  const answer = createInstanceMetadata(deps);
  const handle = async (request: IncomingMessage): Promise<Reply> => {
    try {
      const { remotePort = 0, localPort = 0 } = request.socket;
      if (!(await isOutsideContainers({ remotePort, localPort }))) return refuse(403);
      return await answer(request);
    } catch (error) {
      deps.logger.warn('the instance metadata service cannot answer', { error: (error as Error).message });
      return refuse(503);
    }
  };
  let failure: unknown;
  for (const wanted of ports) {
    const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
      void handle(request).then(({ status, text, headers }) => {
        response.writeHead(status, { 'content-type': 'text/plain', server: 'slipway-agent', ...headers });
        response.end(text);
      });
    });
    try {
      const port = await listen(server, wanted);
      return {
        port,
        close: () =>
          new Promise((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
          }),
      };
    } catch (error) {
      failure = error;
    }
  }
  throw new Error('the instance metadata service cannot listen', { cause: failure });
}
