/**
 * Role credentials of the tasks here, by credentials id and by task. In memory only: the control plane sends them again
 * on every connection. The ids, which containers carry in their environment, are on record with the task.
 */
import type { RoleCredentials } from '#model/agent-messages.ts';

/** TaskApplication: the task's own role, for its containers. TaskExecution: for the agent, on the task's behalf. */
export type RoleType = 'TaskApplication' | 'TaskExecution';

export interface HeldCredentials {
  readonly taskArn: string;
  readonly roleType: RoleType;
  readonly credentials: RoleCredentials;
}

export interface TaskCredentials {
  get(credentialsId: string): HeldCredentials | undefined;
  of(taskArn: string, roleType: RoleType): RoleCredentials | undefined;
  /** As soon as they are there; rejects with the signal's reason. */
  whenHere(taskArn: string, roleType: RoleType, signal: AbortSignal): Promise<RoleCredentials>;
  put(taskArn: string, roleType: RoleType, credentials: RoleCredentials): void;
  /** The task has stopped: nobody gets its role's credentials any more. Its last log lines may still be on their way. */
  end(taskArn: string): void;
  forget(taskArn: string): void;
}

const keyOf = (taskArn: string, roleType: RoleType) => `${roleType} ${taskArn}`;

export function createTaskCredentials(): TaskCredentials {
  const byId = new Map<string, HeldCredentials>();
  const byTask = new Map<string, HeldCredentials>();
  const waiting = new Map<string, Set<() => void>>();
  const drop = (taskArn: string, roleType: RoleType) => {
    const key = keyOf(taskArn, roleType);
    const held = byTask.get(key);
    if (held) byId.delete(held.credentials.credentialsId);
    byTask.delete(key);
  };
  const of = (taskArn: string, roleType: RoleType) => byTask.get(keyOf(taskArn, roleType))?.credentials;
  return {
    get: (credentialsId) => byId.get(credentialsId),
    of,
    async whenHere(taskArn, roleType, signal) {
      const key = keyOf(taskArn, roleType);
      for (;;) {
        signal.throwIfAborted();
        const found = of(taskArn, roleType);
        if (found) return found;
        await new Promise<void>((resolve) => {
          const waiters = waiting.get(key) ?? new Set();
          waiting.set(key, waiters.add(resolve));
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    },
    put(taskArn, roleType, credentials) {
      drop(taskArn, roleType);
      const held = { taskArn, roleType, credentials };
      byId.set(credentials.credentialsId, held);
      const key = keyOf(taskArn, roleType);
      byTask.set(key, held);
      for (const resolve of waiting.get(key) ?? []) resolve();
      waiting.delete(key);
    },
    end: (taskArn) => drop(taskArn, 'TaskApplication'),
    forget(taskArn) {
      for (const roleType of ['TaskApplication', 'TaskExecution'] as const) {
        drop(taskArn, roleType);
        waiting.delete(keyOf(taskArn, roleType));
      }
    },
  };
}
