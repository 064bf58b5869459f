/**
 * Credentials of one agent's tasks: which roles a task has, what the agent was sent, what it has acknowledged, and what
 * is to be renewed. In memory, as long as the connection: the next one sends every task anew, with new credentials.
 */
import type { TaskRoles, TaskRoleType } from '#auth/task-roles.ts';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { IAMRoleCredentialsMessage, RoleCredentials } from '#model/agent-messages.ts';
import { partitionOf } from '#model/arn.ts';
import type { TaskDefinitionRow, TaskRow } from '#model/rows.ts';

/** Credentials live six hours: an agent that cannot be reached for this long still finds its containers with good ones. */
const renewBeforeMs = 3 * 3_600_000;
/** Until the agent acknowledges. */
const resendMs = 60_000;

export interface PayloadCredentials {
  readonly roleCredentials?: RoleCredentials;
  readonly executionRoleCredentials?: RoleCredentials;
}

interface Holding {
  readonly taskArn: string;
  readonly type: TaskRoleType;
  readonly credentialsId: string;
  sentAt: number;
  /** Of what the agent has acknowledged; epoch milliseconds. */
  goodUntil: number;
}

export interface TaskRoleArns {
  readonly TaskApplication: string | undefined;
  readonly TaskExecution: string | undefined;
}

/** Overrides may name a role without its ARN. */
export function roleArnsOf(task: TaskRow, definition: TaskDefinitionRow): TaskRoleArns {
  const arn = (name: string | undefined) =>
    !name || name.startsWith('arn:') ? name : `arn:${partitionOf(task.region)}:iam::${task.account}:role/${name}`;
  return {
    TaskApplication: arn(task.overrides.taskRoleArn) || definition.taskRoleArn,
    TaskExecution: arn(task.overrides.executionRoleArn) || definition.executionRoleArn,
  };
}

const members = { TaskApplication: 'roleCredentials', TaskExecution: 'executionRoleCredentials' } as const;
const types = ['TaskApplication', 'TaskExecution'] as const;

export class RoleCredentialsBook {
  readonly #roles: TaskRoles;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #byTask = new Map<string, Holding[]>();
  readonly #byId = new Map<string, Holding>();

  constructor(deps: { readonly roles: TaskRoles; readonly clock: Clock; readonly logger: Logger }) {
    this.#roles = deps.roles;
    this.#clock = deps.clock;
    this.#logger = deps.logger;
  }

  /** For the task's payload; `refused` when one of its roles cannot be assumed, in ECS's words. */
  forPayload(task: TaskRow, definition: TaskDefinitionRow): PayloadCredentials | { readonly refused: string } {
    const arns = roleArnsOf(task, definition);
    const made: { -readonly [Member in keyof PayloadCredentials]: RoleCredentials } = {};
    for (const type of types) {
      const roleArn = arns[type];
      if (!roleArn) continue;
      const assumed = this.#roles.assume(task, roleArn, type);
      if ('refused' in assumed) return assumed;
      made[members[type]] = assumed;
      this.#note(task.arn, type, assumed.credentialsId);
    }
    return made;
  }

  #note(taskArn: string, type: TaskRoleType, credentialsId: string): void {
    const known = this.#byId.get(credentialsId);
    if (known) {
      known.sentAt = this.#clock.now();
      return;
    }
    const holding: Holding = { taskArn, type, credentialsId, sentAt: this.#clock.now(), goodUntil: 0 };
    this.#byId.set(credentialsId, holding);
    this.#byTask.set(taskArn, [...(this.#byTask.get(taskArn) ?? []), holding]);
  }

  acknowledge(credentialsId: string, expiration: string): void {
    const holding = this.#byId.get(credentialsId);
    const goodUntil = Date.parse(expiration);
    if (holding && goodUntil > holding.goodUntil) holding.goodUntil = goodUntil;
  }

  forget(taskArn: string): void {
    for (const holding of this.#byTask.get(taskArn) ?? []) this.#byId.delete(holding.credentialsId);
    this.#byTask.delete(taskArn);
  }

  /** What is to be sent now, for tasks that `find` still knows here. */
  *renewals(
    find: (taskArn: string) => { readonly task: TaskRow; readonly definition: TaskDefinitionRow } | undefined,
  ): Generator<Omit<IAMRoleCredentialsMessage, 'messageId'>> {
    const nowMs = this.#clock.now();
    for (const holding of this.#byId.values()) {
      if (holding.goodUntil - nowMs > renewBeforeMs || nowMs - holding.sentAt < resendMs) continue;
      const { taskArn, type } = holding;
      const found = find(taskArn);
      const roleArn = found && roleArnsOf(found.task, found.definition)[type];
      if (!found || !roleArn) continue;
      holding.sentAt = nowMs;
      const assumed = this.#roles.assume(found.task, roleArn, type);
      if ('refused' in assumed) {
        this.#logger.warn('credentials of a running task cannot be renewed', { taskArn, reason: assumed.refused });
        continue;
      }
      yield { taskArn, taskClusterArn: found.task.clusterArn, roleType: type, roleCredentials: assumed };
    }
  }
}
