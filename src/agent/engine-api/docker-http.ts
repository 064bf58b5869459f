import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { EngineError } from './engine.ts';

/**
 * The HTTP side of the Docker Engine API: one keep-alive agent on the daemon's socket, JSON in and out, and every
 * failure as an `EngineError`. A connection that breaks in the middle of an answer is an error, never a silent end.
 */
export interface DockerCall {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON; bytes are sent as they are, as a tar archive. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface DockerHttp {
  /** The parsed JSON answer, `undefined` for an empty one. 304 counts as success. */
  json<T>(method: string, path: string, call?: DockerCall): Promise<T>;
  /** The answer as text, whole. */
  text(method: string, path: string, call?: DockerCall): Promise<string>;
  /** The answer's body as it comes, once the daemon has accepted the request. The caller reads or destroys it. */
  stream(method: string, path: string, call?: DockerCall): Promise<http.IncomingMessage>;
  close(): void;
}

export interface DockerHost {
  /** `unix:///path` or `tcp://host:port`. */
  readonly url: string;
  /** Directory with ca.pem, cert.pem and key.pem: speak TLS. */
  readonly certPath?: string;
}

function connectionOptions(host: DockerHost): https.RequestOptions & { readonly secure: boolean } {
  if (host.url.startsWith('unix://')) return { socketPath: host.url.slice('unix://'.length), secure: false };
  const url = new URL(host.url.replace(/^tcp:/, host.certPath ? 'https:' : 'http:'));
  const pem = (name: string) => (host.certPath ? readFileSync(join(host.certPath, name)) : undefined);
  const tls = host.certPath ? { ca: pem('ca.pem'), cert: pem('cert.pem'), key: pem('key.pem') } : {};
  return {
    host: url.hostname,
    port: url.port || (host.certPath ? 2376 : 2375),
    ...tls,
    secure: Boolean(host.certPath),
  };
}

function connectionError(error: Error & { code?: string }, signal?: AbortSignal): EngineError {
  if (error instanceof EngineError) return error;
  if (signal?.aborted) return new EngineError('aborted', 'the call was aborted', { cause: error });
  return new EngineError('unreachable', `cannot reach the Docker daemon: ${error.message || error.code}`, {
    cause: error,
  });
}

function statusError(status: number, body: string): EngineError {
  let message = body.trim();
  try {
    message = (JSON.parse(body) as { message?: string }).message ?? message;
  } catch {
    // An answer that is not JSON is its own message.
  }
  const kinds = {
    400: 'invalid',
    401: 'denied',
    403: 'denied',
    404: 'not-found',
    409: 'conflict',
    501: 'unsupported',
  } as const;
  return new EngineError(kinds[status as keyof typeof kinds] ?? 'failed', message || `HTTP status ${status}`);
}

const querySuffix = (query: DockerCall['query'] = {}): string => {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  return pairs.length ? `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}` : '';
};

function encodeBody(body: unknown): { readonly body?: Uint8Array; readonly contentType?: string } {
  if (body === undefined) return {};
  if (body instanceof Uint8Array) return { body, contentType: 'application/x-tar' };
  return { body: Buffer.from(JSON.stringify(body)), contentType: 'application/json' };
}

async function readAll(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

export function createDockerHttp(host: DockerHost): DockerHttp {
  const { secure, ...connection } = connectionOptions(host);
  const transport = secure ? https : http;
  const agent = new transport.Agent({ keepAlive: true, maxFreeSockets: 8 });

  const send = (method: string, path: string, call: DockerCall, retried = false): Promise<http.IncomingMessage> =>
    new Promise((resolve, reject) => {
      const { body, contentType } = encodeBody(call.body);
      const request = transport.request({
        ...connection,
        agent,
        method,
        path: `${path}${querySuffix(call.query)}`,
        headers: {
          Host: 'docker',
          ...(body ? { 'Content-Type': contentType, 'Content-Length': body.length } : {}),
          ...call.headers,
        },
        ...(call.signal ? { signal: call.signal } : {}),
      });
      request.on('response', resolve);
      request.on('error', (error) => {
        // A kept connection that the daemon had closed meanwhile; only what changes nothing is sent again.
        if (request.reusedSocket && !retried && method === 'GET' && !call.signal?.aborted)
          resolve(send(method, path, call, true));
        else reject(connectionError(error, call.signal));
      });
      request.end(body);
    });

  const accepted = async (method: string, path: string, call: DockerCall): Promise<http.IncomingMessage> => {
    const response = await send(method, path, call);
    const status = response.statusCode ?? 0;
    if (status < 400) return response;
    throw statusError(status, await readAll(response));
  };

  const text = async (method: string, path: string, call: DockerCall = {}) => {
    try {
      return await readAll(await accepted(method, path, call));
    } catch (error) {
      throw connectionError(error as Error, call.signal);
    }
  };

  return {
    async json<T>(method: string, path: string, call: DockerCall = {}) {
      const answer = await text(method, path, call);
      try {
        return (answer.trim() ? JSON.parse(answer) : undefined) as T;
      } catch (error) {
        throw connectionError(error as Error, call.signal);
      }
    },
    text,
    stream: (method, path, call = {}) => accepted(method, path, call),
    close: () => agent.destroy(),
  };
}

/** The JSON documents of a streamed answer, one per line. Throws when the connection breaks before the end. */
export async function* jsonLines<T>(response: http.IncomingMessage, signal?: AbortSignal): AsyncGenerator<T> {
  let rest = '';
  response.setEncoding('utf8');
  try {
    for await (const chunk of response) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim()) yield JSON.parse(line) as T;
    }
    if (rest.trim()) yield JSON.parse(rest) as T;
  } catch (error) {
    throw connectionError(error as Error, signal);
  }
}
