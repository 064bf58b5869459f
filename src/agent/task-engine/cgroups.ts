import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '#lib/logger.ts';
import { lastSegment } from '#model/arn.ts';
import type { EngineInfo } from '../engine-api/engine.ts';
import type { TaskCgroups } from './engine-config.ts';
import type { EngineTask } from './task.ts';

/**
 * Limits of a task as a whole: a control group `/ecs/<task id>`, the parent of its containers' groups, made here with
 * the engine's cgroupfs driver on this machine. Not made: groups for the systemd driver, or for an engine elsewhere.
 */
const root = '/sys/fs/cgroup';
const cpuPeriodUs = 100_000;
const mebibyte = 1024 * 1024;

interface Limits {
  readonly cpu?: number;
  readonly memoryMiB?: number;
}

function limitsOf(task: EngineTask): Limits | undefined {
  const { cpu, memory } = task.payload;
  if (!cpu && !memory) return undefined;
  return { ...(cpu ? { cpu } : {}), ...(memory ? { memoryMiB: memory } : {}) };
}

const groupOf = (task: EngineTask): string => join('ecs', lastSegment(task.arn));

/** A group with containers in it is left to the next try; one that is gone already is what was wanted. */
function removeDirectory(path: string, logger: Logger): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      logger.warn('a control group could not be removed', { path, error });
  }
}

function version1(logger: Logger): TaskCgroups {
  const controllers = ['cpu', 'memory'] as const;
  return {
    create(task) {
      const limits = limitsOf(task);
      if (!limits) return undefined;
      for (const controller of controllers) mkdirSync(join(root, controller, groupOf(task)), { recursive: true });
      if (limits.cpu) {
        const path = join(root, 'cpu', groupOf(task));
        writeFileSync(join(path, 'cpu.cfs_period_us'), String(cpuPeriodUs));
        writeFileSync(join(path, 'cpu.cfs_quota_us'), String(Math.round(limits.cpu * cpuPeriodUs)));
      }
      if (limits.memoryMiB) {
        const path = join(root, 'memory', groupOf(task));
        writeFileSync(join(path, 'memory.use_hierarchy'), '1');
        writeFileSync(join(path, 'memory.limit_in_bytes'), String(limits.memoryMiB * mebibyte));
      }
      return `/${groupOf(task)}`;
    },
    remove(task) {
      if (!limitsOf(task)) return;
      // The engine made the group under every controller that it uses.
      for (const line of readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n')) {
        const [number, named = ''] = line.split(':');
        // Number 0 is the unified hierarchy, which stands beside the others without a controller.
        const names = number === '0' ? 'unified' : named;
        if (names) removeDirectory(join(root, names.replace(/^name=/, ''), groupOf(task)), logger);
      }
    },
  };
}

function version2(logger: Logger): TaskCgroups {
  const enable = (path: string) => writeFileSync(join(path, 'cgroup.subtree_control'), '+cpu +memory');
  return {
    create(task) {
      const limits = limitsOf(task);
      if (!limits) return undefined;
      const path = join(root, groupOf(task));
      enable(root);
      mkdirSync(join(root, 'ecs'), { recursive: true });
      enable(join(root, 'ecs'));
      mkdirSync(path, { recursive: true });
      enable(path);
      if (limits.cpu) writeFileSync(join(path, 'cpu.max'), `${Math.round(limits.cpu * cpuPeriodUs)} ${cpuPeriodUs}`);
      if (limits.memoryMiB) writeFileSync(join(path, 'memory.max'), String(limits.memoryMiB * mebibyte));
      return `/${groupOf(task)}`;
    },
    remove(task) {
      if (limitsOf(task)) removeDirectory(join(root, groupOf(task)), logger);
    },
  };
}

/** `undefined` when task groups cannot be made here. */
export function createTaskCgroups(info: EngineInfo, logger: Logger): TaskCgroups | undefined {
  if (info.cgroupDriver !== 'cgroupfs') return undefined;
  const probe = info.cgroupVersion === 2 ? root : join(root, 'memory');
  const marker =
    info.cgroupVersion === 2 ? join(root, 'cgroup.controllers') : join(root, 'memory', 'memory.limit_in_bytes');
  try {
    if (!existsSync(marker)) return undefined;
    accessSync(probe, constants.W_OK);
  } catch (error) {
    logger.info('no task limits: control groups cannot be written', { error: (error as Error).message });
    return undefined;
  }
  return info.cgroupVersion === 2 ? version2(logger) : version1(logger);
}
