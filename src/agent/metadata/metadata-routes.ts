/**
 * What the endpoint answers, as values: the HTTP server around it adds nothing. Ids are unguessable, so knowing one is
 * the permission; nothing is listed for who does not know one.
 */
import type { Logger } from '#lib/logger.ts';
import type { LiveStats } from '../stats/live-stats.ts';
import type { ContainerView, TaskView } from '../task-engine/running-tasks.ts';
import { callerAt } from './caller.ts';
import { answerCredentials, type CredentialsRoutesDeps } from './credentials-routes.ts';
import { containerDocument, taskDocument } from './documents.ts';
import { type Answer, type MetadataRequest, ok } from './request.ts';
import { answerProtection, type TaskProtectionDeps } from './task-protection.ts';

/** Tags of a task or container instance, as ListTagsForResource answers them. */
export type ListTags = (resourceArn: string) => Promise<Readonly<Record<string, string>>>;

export interface MetadataRoutesDeps extends CredentialsRoutesDeps, TaskProtectionDeps {
  readonly credentials: CredentialsRoutesDeps['credentials'] & TaskProtectionDeps['credentials'];
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

export type MetadataRoutes = (request: MetadataRequest) => Promise<Answer>;

type Version = 2 | 3 | 4;

/** Docker's document, and for version 4 the rates that AWS adds. */
function statsDocument(stats: LiveStats | undefined, version: Version): unknown {
  if (!stats) return null;
  const { last, previous } = stats;
  const document = last.document as Record<string, unknown>;
  if (version !== 4 || !previous || last.atMs <= previous.atMs) return document;
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

async function containerStats(deps: MetadataRoutesDeps, { container }: Found, version: Version): Promise<Answer> {
  const stats = container.runtimeId ? await deps.stats(container.runtimeId) : undefined;
  if (stats) return ok(statsDocument(stats, version));
  return { status: 404, body: `V${version} container stats handler: no statistics of container ${container.name}` };
}

async function taskStats(deps: MetadataRoutesDeps, { task }: Found, version: Version): Promise<Answer> {
  const created = task.containers.filter((container) => container.runtimeId !== undefined);
  const entries = created.map(async ({ runtimeId, knownStatus }) => {
    const stats = knownStatus === 'RUNNING' ? await deps.stats(runtimeId!) : undefined;
    return [runtimeId, statsDocument(stats, version)] as const;
  });
  return ok(Object.fromEntries(await Promise.all(entries)));
}

async function taskWithTags(deps: MetadataRoutesDeps, { task }: Found, version: Version): Promise<Answer> {
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

function unknownId(what: string, version: Version, id: string): Answer {
  const reason =
    what === 'container metadata' || what === 'container stats'
      ? `unable to get container ID from request: unable to get docker ID from v3 endpoint ID: ${id}`
      : `unable to get task ARN from request: unable to get task Arn from v3 endpoint ID: ${id}`;
  return { status: 404, body: `V${version} ${what} handler: ${reason}` };
}

/** Version 2 finds the task by the sender's address; a path may name another container of the same task. */
async function version2(deps: MetadataRoutesDeps, request: MetadataRequest): Promise<Answer> {
  const [, what, name] = /^\/v2\/(metadata|metadataWithTags|stats)(?:\/([^/]*))?\/?$/.exec(request.path) ?? [];
  if (!what || (name && what === 'metadataWithTags')) return { status: 404, body: '404 page not found' };
  const found = callerAt(deps.tasks, request.address);
  const kind = what === 'stats' ? 'task stats' : 'task metadata';
  if (!found) {
    const reason = `unable to associate '${request.address ?? ''}' with task`;
    return { status: 404, body: `V2 ${kind} handler: unable to get task arn from request: ${reason}` };
  }
  if (what === 'metadataWithTags') return taskWithTags(deps, found, 2);
  if (!name) return what === 'stats' ? taskStats(deps, found, 2) : ok(taskDocument(found.task, deps.cluster, 2));
  const container = found.task.containers.find(({ runtimeId }) => runtimeId === name);
  if (!container) return { status: 404, body: `V2 ${kind} handler: container ${name} is not one of the task` };
  return what === 'stats'
    ? containerStats(deps, { task: found.task, container }, 2)
    : ok(containerDocument(container, 2));
}

function answerDocument(deps: MetadataRoutesDeps, found: Found, what: string | undefined, version: 3 | 4) {
  switch (what) {
    case '/task':
      return ok(taskDocument(found.task, deps.cluster, version));
    case '/taskWithTags':
      return taskWithTags(deps, found, version);
    case '/stats':
      return containerStats(deps, found, version);
    case '/task/stats':
      return taskStats(deps, found, version);
    default:
      return ok(containerDocument(found.container, version));
  }
}

const documentKinds: Readonly<Record<string, string>> = {
  '/task': 'task metadata',
  '/taskWithTags': 'task metadata',
  '/stats': 'container stats',
  '/task/stats': 'task stats',
};

/** What tasks may be associated with (elastic inference, GPUs by name) does not exist here: every list is empty. */
function associations(found: Found | undefined, id: string, name: string | undefined, version: 3 | 4): Answer {
  if (!found) return unknownId('container associations', version, id);
  if (name === undefined) return ok({ Associations: [] });
  return { status: 404, body: `V${version} container association handler: there is no association ${name}` };
}

export function createMetadataRoutes(deps: MetadataRoutesDeps): MetadataRoutes {
  return async (request) => {
    const special = (await answerProtection(deps, request)) ?? answerCredentials(deps, request);
    if (special) return special;
    const { path } = request;
    if (path.startsWith('/v2/')) return version2(deps, request);
    const [, versionText, id = '', rest, type, name] =
      /^\/v([34])\/([^/]+)(\/task|\/taskWithTags|\/stats|\/task\/stats|\/associations\/([^/]+)(?:\/([^/]+))?)?\/?$/.exec(
        path,
      ) ?? [];
    if (!versionText) return { status: 404, body: '404 page not found' };
    const version = versionText === '3' ? 3 : 4;
    const found = deps.tasks.byMetadataId(id);
    if (type !== undefined) return associations(found, id, name, version);
    if (!found) return unknownId(documentKinds[rest ?? ''] ?? 'container metadata', version, id);
    return answerDocument(deps, found, rest, version);
  };
}
