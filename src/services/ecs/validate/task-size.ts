/**
 * CPU and memory of a whole task, as text in any of the spellings that ECS takes.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html#task_size
 */
import { clientException } from '../errors.ts';

const guide = 'For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.';
const minCpuUnits = 128;
const maxCpuUnits = 196_608;
const minMemoryMiB = 4;

function parse(text: string, unit: string): number | undefined {
  const match = new RegExp(`^\\s*(\\d+|\\d*\\.\\d+)\\s*(${unit})?\\s*$`, 'i').exec(text);
  if (!match) return undefined;
  const value = match[2] ? Number(match[1]) * 1024 : Number(match[1]);
  return Number.isInteger(value) ? value : undefined;
}

/** `"256"`, `".25 vCPU"` or `"1 vCPU"` in CPU units. */
export function parseTaskCpu(text: string): number {
  const units = parse(text, 'vcpu');
  if (units === undefined || units < minCpuUnits || units > maxCpuUnits) {
    throw clientException(`Invalid 'cpu' setting for task. ${guide}`);
  }
  return units;
}

/** `"512"`, `"0.5 GB"` or `"1GB"` in MiB. */
export function parseTaskMemory(text: string): number {
  const memoryMiB = parse(text, 'gb');
  if (memoryMiB === undefined || memoryMiB < minMemoryMiB) {
    throw clientException(`Invalid 'memory' setting for task. ${guide}`);
  }
  return memoryMiB;
}

interface MemoryRange {
  readonly minMiB: number;
  readonly maxMiB: number;
  readonly stepMiB: number;
}

/** Memory that Fargate sells with each CPU size. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html */
const fargateMemory: ReadonlyMap<number, MemoryRange> = new Map([
  [512, { minMiB: 1024, maxMiB: 4096, stepMiB: 1024 }],
  [1024, { minMiB: 2048, maxMiB: 8192, stepMiB: 1024 }],
  [2048, { minMiB: 4096, maxMiB: 16_384, stepMiB: 1024 }],
  [4096, { minMiB: 8192, maxMiB: 30_720, stepMiB: 1024 }],
  [8192, { minMiB: 16_384, maxMiB: 61_440, stepMiB: 4096 }],
  [16_384, { minMiB: 32_768, maxMiB: 122_880, stepMiB: 8192 }],
]);

export function isFargateSize(cpuUnits: number, memoryMiB: number): boolean {
  if (cpuUnits === 256) return [512, 1024, 2048].includes(memoryMiB);
  const range = fargateMemory.get(cpuUnits);
  if (!range || memoryMiB < range.minMiB || memoryMiB > range.maxMiB) return false;
  return (memoryMiB - range.minMiB) % range.stepMiB === 0;
}
