/**
 * The few questions that `up` and `doctor` ask Docker, without the client library that the agent uses: loading that
 * would cost the control plane's process more memory than all of `up`.
 * https://docs.docker.com/reference/api/engine/
 */
import { existsSync, readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:http';
import { homedir } from 'node:os';
import path from 'node:path';

export class DockerError extends Error {
  override readonly name = 'DockerError';
  /** HTTP status; undefined when Docker could not be reached. */
  readonly status: number | undefined;
  /** System error code such as ENOENT or EACCES. */
  readonly code: string | undefined;

  constructor(message: string, status?: number, code?: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface DockerHttp {
  readonly host: string;
  /** Answers the body as text; rejects with DockerError on a status of 400 and up. */
  request(method: string, apiPath: string, body?: Uint8Array, contentType?: string): Promise<string>;
  json<T>(method: string, apiPath: string, body?: unknown): Promise<T>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** DOCKER_HOST, else the first socket that exists, else the system's. */
export function dockerHost(env: Environment = process.env): string {
  if (env['DOCKER_HOST']) return env['DOCKER_HOST'];
  const sockets = [
    '/var/run/docker.sock',
    path.join(env['XDG_RUNTIME_DIR'] ?? '/nowhere', 'docker.sock'),
    path.join(homedir(), '.docker/run/docker.sock'),
  ];
  return `unix://${sockets.find((file) => existsSync(file)) ?? sockets[0]}`;
}

function target(host: string, env: Environment): { options: RequestOptions; tls: boolean } {
  if (host.startsWith('unix://')) return { options: { socketPath: host.slice('unix://'.length) }, tls: false };
  const tls = host.startsWith('https:') || Boolean(env['DOCKER_TLS_VERIFY']);
  const url = new URL(host.replace(/^tcp:/, 'http:'));
  const options: RequestOptions = { host: url.hostname, port: url.port || (tls ? 2376 : 2375) };
  if (!tls) return { options, tls };
  const certificates = env['DOCKER_CERT_PATH'] ?? path.join(homedir(), '.docker');
  const read = (name: string) => readFileSync(path.join(certificates, name));
  return { options: { ...options, ...{ ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') } }, tls };
}

function failure(status: number, text: string): DockerError {
  let message = text.trim();
  try {
    message = (JSON.parse(text) as { message?: string }).message ?? message;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return new DockerError(message || `HTTP ${status}`, status);
}

/** A quick question must not hang with a Docker that hangs. */
const timeoutMs = 60_000;

export function createDockerHttp(host: string = dockerHost(), env: Environment = process.env): DockerHttp {
  const request: DockerHttp['request'] = async (method, apiPath, body, contentType) => {
    const { options, tls } = target(host, env);
    const { request: open } = await import(tls ? 'node:https' : 'node:http');
    const headers = body ? { 'content-type': contentType ?? 'application/x-tar', 'content-length': body.length } : {};
    return await new Promise<string>((resolve, reject) => {
      const req = (open as typeof import('node:http').request)(
        { ...options, method, path: apiPath, headers, agent: false, timeout: timeoutMs },
        (res) => {
          let text = '';
          res.setEncoding('utf8');
          res.on('data', (chunk: string) => {
            text += chunk;
          });
          res.once('error', reject);
          res.once('end', () => {
            const status = res.statusCode ?? 0;
            if (status >= 400) reject(failure(status, text));
            else resolve(text);
          });
        },
      );
      req.once('timeout', () => req.destroy(Object.assign(new Error('Docker does not answer'), { code: 'ETIMEDOUT' })));
      req.once('error', (error: NodeJS.ErrnoException) => {
        reject(new DockerError(`cannot reach Docker at ${host}: ${error.message}`, undefined, error.code));
      });
      req.end(body);
    });
  };
  return {
    host,
    request,
    async json<T>(method: string, apiPath: string, body?: unknown) {
      const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      return JSON.parse(await request(method, apiPath, bytes, 'application/json')) as T;
    },
  };
}

/** Whether Docker has the image. */
export async function hasImage(docker: DockerHttp, name: string): Promise<boolean> {
  try {
    await docker.request('GET', `/images/${encodeURIComponent(name)}/json`);
    return true;
  } catch (error) {
    if (error instanceof DockerError && error.status === 404) return false;
    throw error;
  }
}
