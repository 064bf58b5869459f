/** Garbage collections and checks that somebody asked for: they take a while, so they are begun, and asked about. */
import type { Clock } from '#lib/clock.ts';
import { uuid } from '#lib/ids.ts';
import type { Random } from '#lib/random.ts';
import type { CheckHandlers } from './fsck/handlers.ts';
import type { Collector } from './garbage/collector.ts';
import type { Remote } from './process/rpc.ts';

/** Older ones are forgotten. */
const maxKept = 20;

export type MaintenanceTask =
  | { readonly task: 'gc'; readonly dryRun: boolean; readonly graceMs?: number }
  | { readonly task: 'fsck'; readonly repair: boolean };

export interface MaintenanceJob {
  readonly id: string;
  readonly task: MaintenanceTask['task'];
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED';
  readonly startedAt: number;
  readonly endedAt?: number;
  /** Of a check that goes on: what it has found so far, without the problems themselves. */
  readonly progress?: unknown;
  readonly report?: unknown;
  readonly message?: string;
}

export interface Maintenance {
  start(task: MaintenanceTask): MaintenanceJob;
  get(id: string): Promise<MaintenanceJob | undefined>;
}

export function createMaintenance(deps: {
  readonly collector: Collector;
  readonly remote: (start: boolean) => Promise<Remote<CheckHandlers> | undefined>;
  readonly clock: Clock;
  readonly random: Random;
}): Maintenance {
  const { collector, remote, clock, random } = deps;
  const jobs = new Map<string, MaintenanceJob>();

  const check = async (repair: boolean) => {
    const one = await remote(true);
    if (!one) throw new Error('the registry does not answer at the moment; try again');
    return one.check({ repair });
  };

  return {
    start(task) {
      const job: MaintenanceJob = {
        id: uuid(random),
        task: task.task,
        status: 'RUNNING',
        startedAt: clock.now(),
      };
      jobs.set(job.id, job);
      for (const id of [...jobs.keys()].slice(0, Math.max(0, jobs.size - maxKept))) jobs.delete(id);
      const done = task.task === 'gc' ? collector.run(task) : check(task.repair);
      done.then(
        (report) => jobs.set(job.id, { ...job, status: 'SUCCEEDED', endedAt: clock.now(), report }),
        (error: Error) => jobs.set(job.id, { ...job, status: 'FAILED', endedAt: clock.now(), message: error.message }),
      );
      return job;
    },
    async get(id) {
      const job = jobs.get(id);
      if (job?.task !== 'fsck' || job.status !== 'RUNNING') return job;
      const progress = await (await remote(false))?.checkProgress(undefined as never);
      return jobs.get(id) === job && progress ? { ...job, progress } : jobs.get(id);
    },
  };
}
