/**
 * `/v2/credentials/<id>` and its older form `/v1/credentials?id=`. The id is a secret that only the task's own containers
 * carry in their environment. Where the sender's address belongs to a container of another task, the right id is not
 * enough. Credentials of execution roles are the agent's own and are not answered. Every request leaves an audit line.
 */
import type { TaskCredentials } from '../task-engine/credentials.ts';
import type { RunningTasks } from '../task-engine/running-tasks.ts';
import type { AuditLog } from './audit-log.ts';
import { callerAt } from './caller.ts';
import { type Answer, type MetadataRequest, ok } from './request.ts';

export interface CredentialsRoutesDeps {
  readonly tasks: RunningTasks;
  readonly credentials: Pick<TaskCredentials, 'get'>;
  readonly audit?: Pick<AuditLog, 'record'>;
}

interface Outcome {
  readonly answer: Answer;
  readonly taskArn?: string;
}

const refused = (status: number, code: string, message: string): Answer => ({
  status,
  body: { code, message, HTTPErrorCode: status },
});

function decide(deps: CredentialsRoutesDeps, request: MetadataRequest, id: string, version: 1 | 2): Outcome {
  const prefix = `CredentialsV${version}Request: `;
  if (id === '') return { answer: refused(400, 'NoIdInRequest', `${prefix}No Credential ID in the request`) };
  const unknown = refused(400, 'InvalidIdInRequest', `${prefix}Credentials not found`);
  const found = deps.credentials.get(id);
  if (!found) {
    // After a restart the agent knows the id from its records, and the credentials only when the control plane has sent them.
    const task = deps.tasks.list().find((one) => one.roleCredentialsId === id && one.knownStatus !== 'STOPPED');
    if (!task) return { answer: unknown };
    const text = `${prefix}Credentials uninitialized for ID`;
    return { answer: refused(503, 'CredentialsUninitialized', text), taskArn: task.arn };
  }
  if (found.roleType !== 'TaskApplication') return { answer: unknown };
  const { taskArn, credentials } = found;
  const caller = callerAt(deps.tasks, request.address);
  if (caller && caller.task.arn !== taskArn) return { answer: unknown, taskArn: caller.task.arn };
  const { roleArn, accessKeyId, secretAccessKey, sessionToken, expiration } = credentials;
  const answer = ok({
    RoleArn: roleArn,
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: expiration,
  });
  return { answer, taskArn };
}

/** Undefined for paths that are not of credentials. */
export function answerCredentials(deps: CredentialsRoutesDeps, request: MetadataRequest): Answer | undefined {
  const versioned = /^\/v2\/credentials(?:\/([^/]*))?$/.exec(request.path);
  if (!versioned && request.path !== '/v1/credentials') return undefined;
  const { answer, taskArn } = versioned
    ? decide(deps, request, versioned[1] ?? '', 2)
    : decide(deps, request, request.query.get('id') ?? '', 1);
  const { address, port, userAgent } = request;
  deps.audit?.record({
    status: answer.status,
    path: versioned ? '/v2/credentials' : '/v1/credentials',
    address: address && `${address}${port === undefined ? '' : `:${port}`}`,
    userAgent,
    taskArn,
  });
  return answer;
}
