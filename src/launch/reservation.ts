/**
 * What a task holds on its instance: the task's own size where it has one, else the sum of its containers', with the
 * overrides of whoever runs it. A container counts its soft memory limit when it has one, as ECS does.
 */
import type { ContainerDefinition, ContainerOverride, TaskOverride } from '@aws-sdk/client-ecs';
import type { PortReservation, TaskDefinitionRow, TaskReservation } from '#model/rows.ts';

function sized(text: string | undefined, unit: RegExp): number | undefined {
  if (text === undefined) return undefined;
  const value = Number.parseFloat(text);
  if (Number.isNaN(value)) return undefined;
  return Math.round(unit.test(text) ? value * 1024 : value);
}

/** Task-level cpu (`"256"`, `"0.5 vCPU"`) in CPU units. */
export const taskCpuUnits = (text: string | undefined) => sized(text, /vcpu/i);
/** Task-level memory (`"512"`, `"1 GB"`) in MiB. */
export const taskMemoryMiB = (text: string | undefined) => sized(text, /gb/i);

/** The override that names the container, if any. */
export function overrideFor(overrides: TaskOverride | undefined, name: string): ContainerOverride | undefined {
  return overrides?.containerOverrides?.find((override) => override.name === name);
}

export interface ContainerSize {
  readonly cpuUnits: number;
  readonly memoryMiB: number | undefined;
  readonly memoryReservationMiB: number | undefined;
}

export function containerSize(definition: ContainerDefinition, overrides: TaskOverride | undefined): ContainerSize {
  const override = overrideFor(overrides, definition.name ?? '');
  return {
    cpuUnits: override?.cpu ?? definition.cpu ?? 0,
    memoryMiB: override?.memory ?? definition.memory,
    memoryReservationMiB: override?.memoryReservation ?? definition.memoryReservation,
  };
}

export function gpuCountOf(definition: ContainerDefinition, overrides: TaskOverride | undefined): number {
  const override = overrideFor(overrides, definition.name ?? '');
  const requirements = override?.resourceRequirements ?? definition.resourceRequirements ?? [];
  const gpu = requirements.find((requirement) => requirement.type === 'GPU');
  return gpu ? Number.parseInt(gpu.value ?? '0', 10) || 0 : 0;
}

function fixedPorts(definition: TaskDefinitionRow): PortReservation[] {
  if (definition.networkMode === 'none' || definition.networkMode === 'awsvpc') return [];
  const ports = new Map<string, PortReservation>();
  for (const container of definition.containerDefinitions) {
    for (const mapping of container.portMappings ?? []) {
      const hostPort =
        definition.networkMode === 'host' ? (mapping.hostPort ?? mapping.containerPort) : mapping.hostPort;
      const protocol = mapping.protocol ?? 'tcp';
      if (hostPort) ports.set(`${protocol}/${hostPort}`, { protocol, hostPort });
    }
  }
  return [...ports.values()];
}

export function reservationOf(definition: TaskDefinitionRow, overrides: TaskOverride | undefined): TaskReservation {
  let cpuUnits = 0;
  let memoryMiB = 0;
  let gpuCount = 0;
  for (const container of definition.containerDefinitions) {
    const size = containerSize(container, overrides);
    cpuUnits += size.cpuUnits;
    memoryMiB += size.memoryReservationMiB ?? size.memoryMiB ?? 0;
    gpuCount += gpuCountOf(container, overrides);
  }
  return {
    cpuUnits: taskCpuUnits(overrides?.cpu ?? definition.cpu) ?? cpuUnits,
    memoryMiB: taskMemoryMiB(overrides?.memory ?? definition.memory) ?? memoryMiB,
    ports: fixedPorts(definition),
    gpuCount,
    ...(definition.networkMode === 'awsvpc' && { eniCount: 1 }),
  };
}
