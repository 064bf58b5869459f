import type { SlipwayOperation } from '../context.ts';
import { maintenanceNotFound } from '../errors.ts';
import { type MaintenanceView, viewMaintenance } from '../view-maintenance.ts';

export interface GetRegistryMaintenanceInput {
  readonly maintenanceId: string;
}

export interface GetRegistryMaintenanceOutput {
  readonly maintenance: MaintenanceView;
}

/** How a garbage collection or a check goes, and what came of it. */
export const GetRegistryMaintenance: SlipwayOperation<
  GetRegistryMaintenanceInput,
  GetRegistryMaintenanceOutput
> = async (ctx, { maintenanceId }) => {
  const job = await ctx.deps.maintenance.get(maintenanceId);
  if (!job) throw maintenanceNotFound(maintenanceId);
  return { maintenance: viewMaintenance(job) };
};
