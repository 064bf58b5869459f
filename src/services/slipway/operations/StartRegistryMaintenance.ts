import type { SlipwayOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { type MaintenanceView, viewMaintenance } from '../view-maintenance.ts';

export interface StartRegistryMaintenanceInput {
  /** `gc` or `fsck` */
  readonly task: string;
  /** gc: only say what would be removed. */
  readonly dryRun?: boolean;
  /** gc: instead of the grace that is set. */
  readonly graceMinutes?: number;
  /** fsck: throw away what is no good. */
  readonly repair?: boolean;
}

export interface StartRegistryMaintenanceOutput {
  readonly maintenance: MaintenanceView;
}

const maxGraceMinutes = 60 * 24 * 365;

/** Begins a garbage collection or a check of the image registry; GetRegistryMaintenance says how it goes. */
export const StartRegistryMaintenance: SlipwayOperation<
  StartRegistryMaintenanceInput,
  StartRegistryMaintenanceOutput
> = (ctx, input) => {
  const { task, dryRun, graceMinutes, repair } = input;
  const { maintenance } = ctx.deps;
  if (task === 'fsck') {
    if (dryRun !== undefined || graceMinutes !== undefined) {
      throw invalidParameter('dryRun and graceMinutes are for the task gc.');
    }
    return { maintenance: viewMaintenance(maintenance.start({ task, repair: repair ?? false })) };
  }
  if (task !== 'gc') throw invalidParameter('task must be gc or fsck.');
  if (repair !== undefined) throw invalidParameter('repair is for the task fsck.');
  if (graceMinutes !== undefined && !(graceMinutes >= 0 && graceMinutes <= maxGraceMinutes)) {
    throw invalidParameter(`graceMinutes must be from 0 to ${maxGraceMinutes}.`);
  }
  const grace = graceMinutes === undefined ? {} : { graceMs: graceMinutes * 60_000 };
  return { maintenance: viewMaintenance(maintenance.start({ task, dryRun: dryRun ?? false, ...grace })) };
};
