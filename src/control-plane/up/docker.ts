/** What `up`, `down` and `doctor` ask Docker, through the agent's client; and where Docker is. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { createDockerHttp, type DockerHttp } from '#agent/engine-api/docker-http.ts';
import { EngineError, isEngineError } from '#agent/engine-api/engine.ts';

export interface Docker extends DockerHttp {
  /** `unix:///path` or `tcp://host:port`. */
  readonly host: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A quick question must not hang with a Docker that hangs. */
const timeoutMs = 60_000;

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

/** Honours DOCKER_TLS_VERIFY and DOCKER_CERT_PATH for a host that is not a socket. */
export function connectDocker(host: string = dockerHost(), env: Environment = process.env): Docker {
  const tls = !host.startsWith('unix:') && (host.startsWith('https:') || Boolean(env['DOCKER_TLS_VERIFY']));
  const certPath = env['DOCKER_CERT_PATH'] ?? path.join(homedir(), '.docker');
  const http = createDockerHttp({ url: host, ...(tls && { certPath }) });
  const bounded = (call: Parameters<DockerHttp['text']>[2] = {}) => ({
    signal: AbortSignal.timeout(timeoutMs),
    ...call,
  });
  return {
    host,
    json: (method, apiPath, call) => http.json(method, apiPath, bounded(call)),
    text: (method, apiPath, call) => http.text(method, apiPath, bounded(call)),
    stream: http.stream,
    close: http.close,
  };
}

/** The user may not use Docker's socket. */
export const isForbidden = (error: unknown): boolean =>
  error instanceof EngineError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EACCES';

/** Whether Docker has the image. */
export async function hasImage(docker: Docker, name: string): Promise<boolean> {
  try {
    await docker.json('GET', `/images/${encodeURIComponent(name)}/json`);
    return true;
  } catch (error) {
    if (isEngineError(error, 'not-found')) return false;
    throw error;
  }
}
