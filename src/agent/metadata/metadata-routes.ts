/**
 * What the endpoint answers, as values: the HTTP server around it adds nothing. Ids are unguessable, so knowing one is
 * the permission; nothing is listed for who does not know one.
 */
import type { Logger } from '#lib/logger.ts';
import type { LiveStats } from '../stats/live-stats.ts';
import type { TaskCredentials } from '../task-engine/credentials.ts';
import type { ContainerView, RunningTasks, TaskView } from '../task-engine/running-tasks.ts';
import { containerDocument, taskDocument } from './documents.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Tags of a task or container instance, as ListTagsForResource answers them. */
export type ListTags = (resourceArn: string) => Promise<Readonly<Record<string, string>>>;

export interface MetadataRoutesDeps {
  readonly tasks: RunningTasks;
  readonly credentials: Pick<TaskCredentials, 'get'>;
  /** As configured. */
  readonly cluster: string;
  readonly containerInstanceArn: string;
  readonly stats: (runtimeId: string) => Promise<LiveStats | undefined>;
  readonly listTags: ListTags;
  readonly logger: Logger;
}

interface Found {
  readonly task: TaskView;
  readonly container: ContainerView;
}

export type MetadataRoutes = (path: string, query: URLSearchParams) => Promise<Answer>;

const ok = (body: unknown): Answer => ({ status: 200, body });

/** Docker's document, and for version 4 the rates that AWS adds. */
function statsDocument(stats: LiveStats | undefined, version: 3 | 4): unknown {
  if (!stats) return null;
  const { last, previous } = stats;
  const document = last.document as Record<string, unknown>;
  if (version === 3 || !previous || last.atMs <= previous.atMs) return document;
  const rate = (member: 'rxBytes' | 'txBytes') => {
    const bytes = (sample: LiveStats['last']) =>
      Object.values(sample.networks).reduce((sum, counters) => sum + counters[member], 0);
    return ((bytes(last) - bytes(previous)) * 1000) / (last.atMs - previous.atMs);
  };
  return {
    ...document,
    network_rate_stats: { rx_bytes_per_sec: rate('rxBytes'), tx_bytes_per_sec: rate('txBytes') },
  };
}

async function containerStats(deps: MetadataRoutesDeps, { container }: Found, version: 3 | 4): Promise<Answer> {
  const stats = container.runtimeId ? await deps.stats(container.runtimeId) : undefined;
  if (stats) return ok(statsDocument(stats, version));
  return { status: 404, body: `V${version} container stats handler: no statistics of container ${container.name}` };
}

async function taskStats(deps: MetadataRoutesDeps, { task }: Found, version: 3 | 4): Promise<Answer> {
  const created = task.containers.filter((container) => container.runtimeId !== undefined);
  const entries = created.map(async ({ runtimeId, knownStatus }) => {
    const stats = knownStatus === 'RUNNING' ? await deps.stats(runtimeId!) : undefined;
    return [runtimeId, statsDocument(stats, version)] as const;
  });
  return ok(Object.fromEntries(await Promise.all(entries)));
}

async function taskWithTags(deps: MetadataRoutesDeps, { task }: Found, version: 3 | 4): Promise<Answer> {
  const errors: object[] = [];
  const tagsOf = async (field: string, resourceArn: string) => {
    try {
      const tags = await deps.listTags(resourceArn);
      return Object.keys(tags).length > 0 ? { [field]: tags } : {};
    } catch (error) {
      deps.logger.warn('tags could not be listed', { resourceArn, error });
      const { name, message, $metadata } = error as Error & {
        $metadata?: { httpStatusCode?: number; requestId?: string };
      };
      errors.push({
        ErrorField: field,
        ErrorCode: name,
        ErrorMessage: message,
        StatusCode: $metadata?.httpStatusCode ?? 500,
        RequestId: $metadata?.requestId ?? '',
        ResourceARN: resourceArn,
      });
      return {};
    }
  };
  const [taskTags, instanceTags] = await Promise.all([
    tagsOf('TaskTags', task.arn),
    tagsOf('ContainerInstanceTags', deps.containerInstanceArn),
  ]);
  const document = taskDocument(task, deps.cluster, version);
  return ok({ ...document, ...taskTags, ...instanceTags, ...(errors.length > 0 ? { Errors: errors } : {}) });
}

function unknownId(what: string, version: 3 | 4, id: string): Answer {
  const reason =
    what === 'container metadata' || what === 'container stats'
      ? `unable to get container ID from request: unable to get docker ID from v3 endpoint ID: ${id}`
      : `unable to get task ARN from request: unable to get task Arn from v3 endpoint ID: ${id}`;
  return { status: 404, body: `V${version} ${what} handler: ${reason}` };
}

/** `/v2/credentials/<id>` and its older form `/v1/credentials?id=`. */
function credentialsAnswer(deps: MetadataRoutesDeps, id: string, version: 1 | 2): Answer {
  const refused = (code: string, message: string) => ({
    status: 400,
    body: { code, message: `CredentialsV${version}Request: ${message}`, HTTPErrorCode: 400 },
  });
  if (id === '') return refused('NoIdInRequest', 'No Credential ID in the request');
  const found = deps.credentials.get(id);
  if (!found) return refused('InvalidIdInRequest', 'Credentials not found');
  const { roleArn, accessKeyId, secretAccessKey, sessionToken, expiration } = found.credentials;
  return ok({
    RoleArn: roleArn,
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: expiration,
  });
}

export function createMetadataRoutes(deps: MetadataRoutesDeps): MetadataRoutes {
  return async (path, query) => {
    const credentials = /^\/v2\/credentials\/([^/]*)$/.exec(path);
    if (credentials) return credentialsAnswer(deps, credentials[1]!, 2);
    if (path === '/v1/credentials') return credentialsAnswer(deps, query.get('id') ?? '', 1);
    const parts = /^\/v([34])\/([^/]+)(\/task|\/taskWithTags|\/stats|\/task\/stats)?\/?$/.exec(path);
    if (!parts) return { status: 404, body: '404 page not found' };
    const version = parts[1] === '3' ? 3 : 4;
    const id = parts[2]!;
    const found = deps.tasks.byMetadataId(id);
    switch (parts[3]) {
      case '/task':
        return found ? ok(taskDocument(found.task, deps.cluster, version)) : unknownId('task metadata', version, id);
      case '/taskWithTags':
        return found ? taskWithTags(deps, found, version) : unknownId('task metadata', version, id);
      case '/stats':
        return found ? containerStats(deps, found, version) : unknownId('container stats', version, id);
      case '/task/stats':
        return found ? taskStats(deps, found, version) : unknownId('task stats', version, id);
      default:
        return found ? ok(containerDocument(found.container, version)) : unknownId('container metadata', version, id);
    }
  };
}
