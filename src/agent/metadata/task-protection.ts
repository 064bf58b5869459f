/**
 * `$ECS_AGENT_URI/task-protection/v1/state`: a container protects its own task from scale-in, with the task role's
 * permissions. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
 */
import type { Failure, ProtectedTask } from '@aws-sdk/client-ecs';
import type { Logger } from '#lib/logger.ts';
import type { RoleCredentials } from '#model/agent-messages.ts';
import type { TaskCredentials } from '../task-engine/credentials.ts';
import type { RunningTasks, TaskView } from '../task-engine/running-tasks.ts';
import { type Answer, type MetadataRequest, ok } from './request.ts';

/** What GetTaskProtection and UpdateTaskProtection answer for one task. */
export interface ProtectionAnswer {
  readonly protectedTasks?: readonly ProtectedTask[] | undefined;
  readonly failures?: readonly Failure[] | undefined;
}

export interface ProtectionChange {
  readonly protectionEnabled: boolean;
  readonly expiresInMinutes?: number;
}

/** Calls the API as the task; `change` absent: only asks. */
export type CallProtection = (
  task: TaskView,
  credentials: RoleCredentials,
  change: ProtectionChange | undefined,
  signal: AbortSignal,
) => Promise<ProtectionAnswer>;

export interface TaskProtectionDeps {
  readonly tasks: RunningTasks;
  readonly credentials: Pick<TaskCredentials, 'of'>;
  readonly callProtection: CallProtection;
  readonly logger: Logger;
}

/** Clients of the endpoint wait five seconds. */
const timeoutMs = 4_000;

const failed = (status: number, code: string, message: string, arn?: string, requestID?: string): Answer => ({
  status,
  body: {
    ...(requestID === undefined ? {} : { requestID }),
    error: { ...(arn ? { Arn: arn } : {}), Code: code, Message: message },
  },
});

/** Undefined for what ECS's agent cannot decode: other members, other types. */
function decode(body: string): { ProtectionEnabled?: boolean; ExpiresInMinutes?: number } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const out: { ProtectionEnabled?: boolean; ExpiresInMinutes?: number } = {};
  for (const [name, given] of Object.entries(value)) {
    if (/^ProtectionEnabled$/i.test(name) && typeof given === 'boolean') out.ProtectionEnabled = given;
    else if (/^ExpiresInMinutes$/i.test(name) && Number.isInteger(given)) out.ExpiresInMinutes = given as number;
    else if (given !== null || !/^(ProtectionEnabled|ExpiresInMinutes)$/i.test(name)) return undefined;
  }
  return out;
}

function explain(error: unknown, arn: string): Answer {
  const { name, message, $metadata } = error as Error & {
    readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  };
  if (name === 'AbortError' || name === 'TimeoutError') {
    return failed(504, 'RequestCanceled', 'Timed out calling ECS Task Protection API', arn);
  }
  return failed($metadata?.httpStatusCode ?? 500, name, message, arn, $metadata?.requestId);
}

function toAnswer({ protectedTasks = [], failures = [] }: ProtectionAnswer, arn: string): Answer {
  const [failure] = failures;
  if (failure) return ok({ failure: { Arn: failure.arn, Detail: failure.detail, Reason: failure.reason } });
  const [task] = protectedTasks;
  if (!task) return failed(500, 'ServerException', 'Unexpected error occurred', arn);
  return ok({
    protection: {
      ExpirationDate: task.expirationDate?.toISOString() ?? null,
      ProtectionEnabled: task.protectionEnabled ?? false,
      TaskArn: task.taskArn,
    },
  });
}

/** Undefined for paths that are not of task protection. */
export async function answerProtection(
  deps: TaskProtectionDeps,
  request: MetadataRequest,
): Promise<Answer | undefined> {
  const id = /^\/api\/([^/]+)\/task-protection\/v1\/state$/.exec(request.path)?.[1];
  if (id === undefined) return undefined;
  const isUpdate = request.method === 'PUT';
  const invalid = (message: string, arn?: string) => failed(400, 'InvalidParameterException', message, arn);
  const given = isUpdate ? decode(request.body ?? '') : {};
  if (!given) return invalid('UpdateTaskProtection: failed to decode request');
  const task = deps.tasks.byMetadataId(id)?.task;
  if (!task) return failed(404, 'ResourceNotFoundException', 'Failed to find a task for the request');
  const { ProtectionEnabled: protectionEnabled, ExpiresInMinutes: expiresInMinutes } = given;
  if (isUpdate && protectionEnabled === undefined) {
    return invalid("Invalid request: does not contain 'ProtectionEnabled' field", task.arn);
  }
  const credentials = deps.credentials.of(task.arn, 'TaskApplication');
  if (!credentials) {
    const message = 'Invalid Request: no task IAM role credentials available for task';
    return failed(403, 'AccessDeniedException', message, task.arn);
  }
  const change =
    protectionEnabled === undefined
      ? undefined
      : { protectionEnabled, ...(expiresInMinutes === undefined ? {} : { expiresInMinutes }) };
  try {
    const answer = await deps.callProtection(task, credentials, change, AbortSignal.timeout(timeoutMs));
    return toAnswer(answer, task.arn);
  } catch (error) {
    deps.logger.warn('a task protection call failed', { taskArn: task.arn, error });
    return explain(error, task.arn);
  }
}
