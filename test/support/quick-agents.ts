/**
 * Agents in the store's own process, for tests of what the control plane does: every task that is born runs, every task
 * that is to stop stops, each after a moment. `hold` leaves tasks as they are.
 */
import { applyReport, type TaskReport } from '#model/task-transition.ts';
import { changeOf, type Store } from '#store/store.ts';
import { containerInstances, tasks } from '#store/tables/ecs.ts';

export interface QuickAgents {
  /** While true nothing is reported. */
  hold: boolean;
  /** What a task that is born reports; RUNNING by default. */
  onBirth: (image: string) => Pick<TaskReport, 'status'> & { readonly reason?: string; readonly exitCode?: number };
  close(): void;
}

/** Reports for one task as its agent would. */
export function reportTask(
  store: Store,
  arn: string,
  status: 'RUNNING' | 'STOPPED',
  container: { readonly reason?: string | undefined; readonly exitCode?: number | undefined } = {},
): void {
  const task = store.get(tasks, arn);
  if (!task) return;
  const containers = task.containers.map(({ name }) => ({
    containerName: name,
    status,
    ...(container.reason !== undefined && { reason: container.reason }),
    ...(container.exitCode !== undefined && { exitCode: container.exitCode }),
  }));
  const next = applyReport(task, { status, containers }, Date.now());
  if (next !== task) store.transact((tx) => tx.put(tasks, next));
}

/** The instance's ACS connection, as far as placement looks at it. */
export function connect(store: Store, arn: string): void {
  store.transact((tx) => tx.update(containerInstances, arn, (row) => ({ ...row, agentConnected: true })));
}

export function startQuickAgents(store: Store): QuickAgents {
  const agents: QuickAgents = { hold: false, onBirth: () => ({ status: 'RUNNING' }), close: () => {} };
  const unsubscribe = store.subscribe('committed', ({ changes }) => {
    for (const change of changes) {
      const { before, after } = changeOf(tasks, change) ?? {};
      if (!after || after.lastStatus === 'STOPPED') continue;
      const isBorn = before === undefined;
      const isToStop = after.desiredStatus === 'STOPPED' && before?.desiredStatus === 'RUNNING';
      if (!isBorn && !isToStop) continue;
      setTimeout(() => {
        if (agents.hold) return;
        if (isToStop) return reportTask(store, after.arn, 'STOPPED', { exitCode: 143 });
        const { status, ...container } = agents.onBirth(after.containers[0]!.image);
        reportTask(store, after.arn, status === 'STOPPED' ? 'STOPPED' : 'RUNNING', container);
      }, 5);
    }
  });
  agents.close = () => void unsubscribe();
  return agents;
}

/** Waits until `look` answers something, for at most ten seconds. */
export async function until<T>(look: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  const deadlineMs = Date.now() + 10_000;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > deadlineMs) throw new Error('waited ten seconds in vain');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
