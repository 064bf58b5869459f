/** Simulated agents: they see a task when it is committed and report on it some time after. */
import type { Random } from '#lib/random.ts';
import { applyReport } from '#model/task-transition.ts';
import { changeOf } from '#store/store.ts';
import { tasks } from '#store/tables/ecs.ts';
import type { World } from './world.ts';

const between = (random: Random, low: number, high: number) => low + Math.floor(random.unit() * (high - low + 1));

/** What an agent does with each of its tasks, some time after it has changed. */
export function simulateAgents(world: World): void {
  const { clock, random } = world;
  /** Tasks that their agent never says a word about. */
  const silent = new Set<string>();
  // Agents outlive a control plane: what they report later goes to the store of that time.
  const report = (arn: string, status: 'RUNNING' | 'STOPPED', exit?: { code?: number; reason?: string }) => {
    const task = world.store.get(tasks, arn);
    if (!task) return;
    const containers = task.containers.map((container) => ({
      containerName: container.name,
      status,
      ...(exit?.code !== undefined && { exitCode: exit.code }),
      ...(exit?.reason !== undefined && { reason: exit.reason }),
    }));
    const next = applyReport(task, { status, containers }, clock.now());
    if (next !== task) world.store.transact((tx) => tx.put(tasks, next));
  };
  const later = (
    arn: string,
    status: 'RUNNING' | 'STOPPED',
    delayMs: number,
    exit?: { code?: number; reason?: string },
  ) => {
    clock.after(delayMs, () => report(arn, status, exit));
    if (random.unit() < world.faults.duplicate) {
      clock.after(delayMs + between(random, 0, 5000), () => report(arn, status, exit));
    }
  };
  world.store.subscribe('committed', ({ changes }) => {
    for (const change of changes) {
      const moved = changeOf(tasks, change);
      const { before, after } = moved ?? {};
      if (!after || after.lastStatus === 'STOPPED') continue;
      if (silent.has(after.arn)) continue;
      if (!before) {
        if (random.unit() < world.faults.silent) silent.add(after.arn);
        else if (random.unit() < world.faults.failToStart) {
          later(after.arn, 'STOPPED', between(random, 10, 3000), { reason: 'CannotPullContainerError: no such image' });
        } else later(after.arn, 'RUNNING', between(random, 10, 3000));
      } else if (after.desiredStatus === 'STOPPED' && before.desiredStatus !== 'STOPPED') {
        later(after.arn, 'STOPPED', between(random, 10, 3000), { code: 143 });
      } else if (after.lastStatus === 'RUNNING' && before.lastStatus !== 'RUNNING') {
        if (random.unit() < world.faults.dieYoung)
          later(after.arn, 'STOPPED', between(random, 10, 60_000), { code: 1 });
      }
    }
  });
}
