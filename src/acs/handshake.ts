/**
 * The opening of a websocket by an agent: who is it, and for which instance. Agents read a refusal's body, not its
 * status; the one name that they act on is InactiveInstanceException (they keep quiet for an hour), so it is used for
 * instances that were deregistered and for nothing else.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { speaksFor } from '#auth/instances.ts';
import { uuid } from '#lib/ids.ts';
import type { ContainerInstanceRow } from '#model/rows.ts';
import { AuthError } from '#protocol/errors.ts';
import type { Principal } from '#protocol/service.ts';
import { containerInstances } from '#store/tables/ecs.ts';
import type { AcsDeps } from './deps.ts';

export const linkPaths = { '/acs/ws': 'acs', '/tcs/ws': 'tcs' } as const;

export interface Opening {
  readonly kind: 'acs' | 'tcs';
  readonly instance: ContainerInstanceRow;
  readonly account: string;
  /** Base URL by which the agent reaches us. */
  readonly endpoint: string;
  readonly path: string;
  readonly query: string;
  readonly versionInfo: ContainerInstanceRow['versionInfo'];
}

export interface Refusal {
  readonly status: number;
  readonly type:
    | 'ServerException'
    | 'BadRequestException'
    | 'InvalidClusterException'
    | 'InvalidInstanceException'
    | 'AccessDeniedException'
    | 'InactiveInstanceException';
  readonly message: string;
}

const refuse = (status: number, type: Refusal['type'], message: string): Refusal => ({ status, type, message });

function versionInfoOf(params: URLSearchParams): ContainerInstanceRow['versionInfo'] {
  const entries = ['agentVersion', 'agentHash', 'dockerVersion'].map((name) => [name, params.get(name)]);
  return Object.fromEntries(entries.filter(([, value]) => value));
}

/** The cluster is named as the agent was configured: a bare name or an ARN. */
function namesCluster(given: string | null, instance: ContainerInstanceRow): boolean {
  if (!given || given === instance.clusterArn) return true;
  return instance.clusterArn.endsWith(`:cluster/${given}`);
}

/** A websocket's opening, as HTTP or something like it carries it. */
export type OpeningRequest = Pick<IncomingMessage, 'url' | 'headers'> & Partial<Pick<IncomingMessage, 'socket'>>;

const isEncrypted = ({ socket }: OpeningRequest): boolean => (socket as TLSSocket | undefined)?.encrypted === true;

/** As the agent reaches us: what is in front of us says so, and it decides nothing. */
const isByTls = (request: OpeningRequest): boolean =>
  isEncrypted(request) || request.headers['x-forwarded-proto'] === 'https';

/** For conditions: anybody can send the header, so only what stands on this machine is believed. */
const isSecure = (request: OpeningRequest): boolean =>
  isEncrypted(request) || (isByTls(request) && /^(::ffff:)?127\.|^::1$/.test(request.socket?.remoteAddress ?? ''));

/** Why the caller may not speak for the instance. */
function whyNot(
  deps: AcsDeps,
  request: OpeningRequest,
  principal: Principal,
  kind: Opening['kind'],
  instance: ContainerInstanceRow,
): string | undefined {
  if (!speaksFor(principal, instance.ec2InstanceId)) return 'The credentials are those of another instance.';
  const decision = deps.authorize({
    requestId: uuid(deps.random),
    region: instance.region,
    sourceIp: request.socket?.remoteAddress ?? '',
    userAgent: request.headers['user-agent'] ?? '',
    secure: isSecure(request),
    principal,
    permissions: [
      {
        action: kind === 'acs' ? 'ecs:Poll' : 'ecs:StartTelemetrySession',
        resource: instance.arn,
        resourceTags: Object.fromEntries(instance.tags.map(({ key = '', value = '' }) => [key, value])),
        keys: { 'ecs:cluster': instance.clusterArn },
      },
    ],
  });
  return decision.allowed ? undefined : decision.message;
}

/** Lets an agent in, or says why not. */
export function openingOf(deps: AcsDeps, request: OpeningRequest): Opening | Refusal {
  const url = request.url ?? '';
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  const query = at < 0 ? '' : url.slice(at + 1);
  const kind = linkPaths[path as keyof typeof linkPaths];
  if (!kind) return refuse(404, 'BadRequestException', `There is no websocket at ${path}.`);
  let identity: ReturnType<AcsDeps['authenticate']>;
  try {
    identity = deps.authenticate(
      { method: 'GET', path, query, headers: request.headers, body: Buffer.alloc(0) },
      'ecs',
    );
  } catch (error) {
    if (error instanceof AuthError) return refuse(403, 'AccessDeniedException', error.message);
    throw error;
  }
  const params = new URLSearchParams(query);
  const arn = params.get(kind === 'acs' ? 'containerInstanceArn' : 'containerInstance');
  const cluster = params.get(kind === 'acs' ? 'clusterArn' : 'cluster');
  const instance = arn ? deps.store.get(containerInstances, arn) : undefined;
  const { account } = identity.principal;
  if (!instance || instance.account !== account || instance.region !== identity.region) {
    return refuse(400, 'InvalidInstanceException', 'Container instance not found.');
  }
  if (!namesCluster(cluster, instance)) return refuse(400, 'InvalidClusterException', 'Cluster not found.');
  if (instance.status === 'INACTIVE') {
    return refuse(400, 'InactiveInstanceException', 'Container instance was deregistered.');
  }
  const refused = whyNot(deps, request, identity.principal, kind, instance);
  if (refused) return refuse(403, 'AccessDeniedException', refused);
  const endpoint = `${isByTls(request) ? 'https' : 'http'}://${request.headers.host ?? ''}`;
  return { kind, instance, account, endpoint, path, query, versionInfo: versionInfoOf(params) };
}

/** Answers a refusal in the form that agents read, and ends the connection. */
export function answerRefusal(socket: Duplex, refusal: Refusal): void {
  const body = JSON.stringify({ type: refusal.type, message: { message: refusal.message } });
  const words = { 400: 'Bad Request', 403: 'Forbidden', 404: 'Not Found', 500: 'Internal Server Error' };
  socket.end(
    [
      `HTTP/1.1 ${refusal.status} ${words[refusal.status as keyof typeof words] ?? 'Error'}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
