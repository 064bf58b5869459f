/**
 * Credentials of tasks: a task's role for its containers (TaskApplication), its execution role for the agent that
 * starts it (TaskExecution).
 *
 * - Nothing is written when they are made. The token says which task they are for, and they are good as long as that task
 *   is: `endWithTheirTask` asks the task's row at every use, so what the store knows of the task holds at once, in every
 *   process and after every restart.
 * - The task role's credentials die with the report that the task has stopped. The execution role's live until the stopped
 *   task is forgotten: its last log lines are carried away with them, and containers never see them.
 * - The id under which containers ask for them follows from the task and the vault: the same for the task's whole life.
 */
import type { Vault } from '#keys/vault.ts';
import type { Clock } from '#lib/clock.ts';
import type { RoleCredentials } from '#model/agent-messages.ts';
import { lastSegment } from '#model/arn.ts';
import type { TaskRow } from '#model/rows.ts';
import type { SessionFacts } from '#protocol/service.ts';
import type { View } from '#store/store.ts';
import { tasks } from '#store/tables/ecs.ts';
import { roles } from '#store/tables/iam.ts';
import { trustsService } from './service-trust.ts';
import type { Sessions } from './sessions.ts';

export type TaskRoleType = 'TaskApplication' | 'TaskExecution';

export const taskService = 'ecs-tasks.amazonaws.com';

/** As on AWS. Longer: a revoked trust policy acts later; shorter: more renewals, and less time for an absent control plane. */
export const taskCredentialsMs = 6 * 3_600_000;

export interface TaskRoles {
  /** New credentials of the role, or why there are none, in ECS's words. */
  assume(task: TaskRow, roleArn: string, type: TaskRoleType): RoleCredentials | { readonly refused: string };
}

/** Of which task, and what for: keys of the session that no condition of AWS's knows. */
const taskArnKey = 'slipway:TaskArn';
const roleTypeKey = 'slipway:TaskRoleType';

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html */
const refusal = (roleArn: string) =>
  `ECS was unable to assume the role '${roleArn}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`;

function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export function createTaskRoles(deps: {
  readonly view: View;
  readonly sessions: Sessions;
  readonly vault: Vault;
  readonly clock: Clock;
}): TaskRoles {
  const { view, sessions, vault, clock } = deps;
  return {
    assume(task, roleArn, type) {
      const role = view.get(roles, roleArn);
      const nowMs = clock.now();
      const call = {
        service: taskService,
        sourceArn: task.arn,
        sourceAccount: task.account,
        region: task.region,
        nowMs,
      };
      if (role?.account !== task.account || !trustsService(role, call)) return { refused: refusal(roleArn) };
      const name = lastSegment(task.arn);
      const made = sessions.issue({
        account: role.account,
        arn: `arn:aws:sts::${role.account}:assumed-role/${role.name}/${name}`,
        userId: `${role.id}:${name}`,
        session: {
          kind: 'assumed-role',
          issuedAt: nowMs,
          expiresAt: nowMs + taskCredentialsMs,
          issuerArn: role.arn,
          issuerId: role.id,
          name,
          service: taskService,
          keys: { [taskArnKey]: task.arn, [roleTypeKey]: type },
        },
      });
      return {
        credentialsId: uuidOf(vault.mac('task credentials', `${task.arn} ${type}`)),
        roleArn,
        accessKeyId: made.accessKeyId,
        secretAccessKey: made.secretAccessKey,
        sessionToken: made.sessionToken,
        expiration: new Date(made.expiresAt).toISOString(),
      };
    },
  };
}

/** Whether the session was a task's whose time is over. */
export function hasTaskEnded(view: View, session: SessionFacts): boolean {
  if (session.service !== taskService) return false;
  const task = view.get(tasks, session.keys?.[taskArnKey] ?? '');
  if (!task) return true;
  return task.lastStatus === 'STOPPED' && session.keys?.[roleTypeKey] !== 'TaskExecution';
}

/** The sessions, less those of tasks whose time is over. */
export function endWithTheirTask(sessions: Sessions, view: View): Sessions {
  return {
    issue: (principal) => sessions.issue(principal),
    open(accessKeyId, sessionToken) {
      const credential = sessions.open(accessKeyId, sessionToken);
      const session = credential?.principal.session;
      return session && hasTaskEnded(view, session) ? undefined : credential;
    },
  };
}
