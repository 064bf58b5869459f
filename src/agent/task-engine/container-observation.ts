import { type ContainerInspection, isEngineError } from '../engine-api/engine.ts';
import { isRestartDue } from './plan.ts';
import { type StepContext, withDeadline } from './step-context.ts';
import type { EngineContainer, EngineTask } from './task.ts';

/** Taking over what the engine says of a container: that it runs, what it looks like, how it ended. */
export interface Exit {
  readonly exitCode?: number;
  readonly atMs: number;
}

function markStopped(
  ctx: StepContext,
  task: EngineTask,
  container: EngineContainer,
  exit: Exit & { oomKilled?: boolean; reason?: string },
): void {
  container.known = 'STOPPED';
  container.finishedAtMs = exit.atMs;
  if (exit.exitCode !== undefined) container.exitCode = exit.exitCode;
  if (exit.oomKilled) container.reason = 'OutOfMemoryError: Container killed due to memory usage';
  else if (exit.reason) container.reason = exit.reason;
  if (container.payload.essential) task.executionStoppedAtMs ??= ctx.deps.clock.now();
}

/** Copies what an inspection tells beyond the status. */
function describeContainer(container: EngineContainer, found: ContainerInspection): void {
  container.runtimeId = found.containerId;
  container.imageId = found.imageId;
  container.createdAtMs = found.createdAtMs || container.createdAtMs;
  container.labels = found.labels;
  container.mounts = found.mounts.map(({ name, source, destination }) => ({
    ...(name ? { name } : {}),
    source,
    destination,
  }));
  container.networks = found.networks.length
    ? found.networks.map((network) => ({
        networkMode: network.name,
        ipv4Addresses: network.ipv4Address ? [network.ipv4Address] : [],
        ipv6Addresses: network.ipv6Address ? [network.ipv6Address] : [],
        ...(network.macAddress ? { macAddress: network.macAddress } : {}),
        ...(network.ipv4Gateway ? { ipv4Gateway: network.ipv4Gateway } : {}),
      }))
    : container.networks;
  if (!found.health || container.payload.healthCheckType !== 'docker') return;
  const statuses = { starting: 'UNKNOWN', healthy: 'HEALTHY', unhealthy: 'UNHEALTHY' } as const;
  const status = statuses[found.health.status];
  const before = container.health;
  container.health = {
    status,
    sinceMs:
      before?.status === status ? before.sinceMs : (found.health.lastProbeAtMs ?? before?.sinceMs ?? found.createdAtMs),
    ...(found.health.lastExitCode === undefined ? {} : { exitCode: found.health.lastExitCode }),
    ...(found.health.lastOutput === undefined ? {} : { output: found.health.lastOutput }),
  };
}

async function restart(
  ctx: StepContext,
  container: EngineContainer,
  exit: Exit,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await withDeadline(ctx, ctx.deps.config.startTimeoutMs, 'started', signal, (inner) =>
      ctx.deps.engine.startContainer(container.runtimeId!, inner),
    );
  } catch (error) {
    if (isEngineError(error, 'unreachable')) throw error;
    ctx.deps.logger.warn('restart failed', { container: container.runtimeName, error, exitCode: exit.exitCode });
    return false;
  }
  container.restartCount++;
  container.networks = [];
  markStarted(ctx, container);
  return true;
}

/**
 * Looks at the container and takes over what has become of it. `seen` is an exit that an event told of: it stands in
 * when the container is gone.
 */
export async function observeStep(
  ctx: StepContext,
  task: EngineTask,
  container: EngineContainer,
  seen: Exit | undefined,
  signal: AbortSignal,
): Promise<void> {
  let found: ContainerInspection;
  try {
    found = await ctx.deps.engine.inspectContainer(container.runtimeId ?? container.runtimeName);
  } catch (error) {
    if (!isEngineError(error, 'not-found')) throw error;
    const atMs = seen?.atMs ?? ctx.deps.clock.now();
    return markStopped(ctx, task, container, {
      atMs,
      ...(seen?.exitCode === undefined
        ? { reason: `CannotInspectContainerError: Error response from daemon: ${error.message}` }
        : { exitCode: seen.exitCode }),
    });
  }
  describeContainer(container, found);
  if (found.startedAtMs !== undefined) {
    container.startedAtMs ??= found.startedAtMs;
    container.lastStartedAtMs ??= found.startedAtMs;
  }
  switch (found.state) {
    case 'created':
      if (container.known !== 'RUNNING') container.known = 'CREATED';
      return;
    case 'running':
    case 'paused':
    case 'restarting':
      container.known = 'RUNNING';
      return;
    case 'exited':
    case 'dead': {
      const exit = {
        exitCode: found.exitCode,
        atMs: found.finishedAtMs ?? ctx.deps.clock.now(),
        oomKilled: found.oomKilled,
      };
      if (isRestartDue(task, container, exit.exitCode, exit.atMs) && (await restart(ctx, container, exit, signal)))
        return;
      markStopped(ctx, task, container, exit);
    }
  }
}

/** It runs, from now. */
export function markStarted(ctx: StepContext, container: EngineContainer): void {
  const nowMs = ctx.deps.clock.now();
  container.known = 'RUNNING';
  container.startedAtMs ??= nowMs;
  container.lastStartedAtMs = nowMs;
  const checked = container.payload.healthCheckType === 'docker';
  if (checked) container.health = { status: 'UNKNOWN', sinceMs: nowMs };
}
