import type { RoleCredentials } from '#model/agent-messages.ts';

/** Role credentials of the tasks here, by credentials id and by task. In memory only: the control plane sends them again. */
export interface TaskCredentials {
  get(credentialsId: string): { readonly taskArn: string; readonly credentials: RoleCredentials } | undefined;
  idsOf(taskArn: string): { readonly role?: string; readonly execution?: string };
  put(taskArn: string, roleType: 'TaskApplication' | 'TaskExecution', credentials: RoleCredentials): void;
  forget(taskArn: string): void;
}

export function createTaskCredentials(): TaskCredentials {
  const byId = new Map<string, { taskArn: string; credentials: RoleCredentials }>();
  const byTask = new Map<string, { role?: string; execution?: string }>();
  return {
    get: (credentialsId) => byId.get(credentialsId),
    idsOf: (taskArn) => byTask.get(taskArn) ?? {},
    put(taskArn, roleType, credentials) {
      const ids = byTask.get(taskArn) ?? {};
      const key = roleType === 'TaskApplication' ? 'role' : 'execution';
      const before = ids[key];
      if (before && before !== credentials.credentialsId) byId.delete(before);
      byTask.set(taskArn, { ...ids, [key]: credentials.credentialsId });
      byId.set(credentials.credentialsId, { taskArn, credentials });
    },
    forget(taskArn) {
      for (const id of Object.values(byTask.get(taskArn) ?? {})) byId.delete(id);
      byTask.delete(taskArn);
    },
  };
}
