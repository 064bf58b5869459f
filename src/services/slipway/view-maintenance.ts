import type { MaintenanceJob } from './context.ts';

export interface MaintenanceView {
  readonly maintenanceId: string;
  readonly task: string;
  /** `RUNNING`, `SUCCEEDED` or `FAILED` */
  readonly status: string;
  readonly startedAt: Date;
  readonly endedAt?: Date;
  readonly progress?: unknown;
  readonly report?: unknown;
  readonly message?: string;
}

export function viewMaintenance({ id, startedAt, endedAt, ...job }: MaintenanceJob): MaintenanceView {
  return {
    maintenanceId: id,
    ...job,
    startedAt: new Date(startedAt),
    ...(endedAt !== undefined && { endedAt: new Date(endedAt) }),
  };
}
