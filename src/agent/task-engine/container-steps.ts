import type { RegistryAuth } from '../engine-api/engine.ts';
import { type ContainerInspection, EngineError, isEngineError } from '../engine-api/engine.ts';
import { buildContainer, containerNameLabel, networkModeOf, taskArnLabel, volumeName } from './container-spec.ts';
import type { TaskEngineDeps } from './engine-config.ts';
import { chooseBindings, hasDynamicPorts } from './host-ports.ts';
import type { ImagePulls } from './image-pulls.ts';
import { isRestartDue } from './plan.ts';
import { type EngineContainer, type EngineTask, toContainerView, toTaskView } from './task.ts';

/**
 * One step of one container, carried out against the engine. A step changes the container's record as far as it got.
 * An engine that cannot be reached is thrown (the step is tried again when it is back: each can be repeated safely);
 * every other failure becomes the container's `reason`, in the words of ECS's own agent.
 */
export interface StepContext {
  readonly deps: TaskEngineDeps;
  readonly pulls: ImagePulls;
  /** Host ports that tasks here hold. */
  readonly taken: (protocol: 'tcp' | 'udp') => ReadonlySet<number>;
  /** Writes the task down as it is now. */
  readonly persist: (task: EngineTask) => void;
  /** Port conflicts met so far, by container. */
  readonly portConflicts: WeakMap<EngineContainer, number>;
}

const daemonSays = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof EngineError ? `Error response from daemon: ${message}` : message;
};

/** 90000 → `1m30s`, as Go prints durations. */
export function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return `${hours ? `${hours}h` : ''}${hours || minutes ? `${minutes}m` : ''}${seconds % 60}s`;
}

class StepTimeout extends Error {}

async function withDeadline<T>(
  ctx: StepContext,
  ms: number,
  transition: string,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  let late = false;
  const timer = ctx.deps.clock.after(ms, () => {
    late = true;
    abort.abort();
  });
  const timedOut = new Promise<never>((_, reject) => {
    abort.signal.addEventListener('abort', () => reject(new EngineError('aborted', 'the call was aborted')), {
      once: true,
    });
  });
  timedOut.catch(() => {});
  const onAbort = () => abort.abort();
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([run(abort.signal), timedOut]);
  } catch (error) {
    if (late) throw new StepTimeout(`Could not transition to ${transition}; timed out after waiting ${goDuration(ms)}`);
    throw error;
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', onAbort);
  }
}

function fail(container: EngineContainer, name: string, error: unknown): void {
  if (isEngineError(error, 'unreachable')) throw error;
  container.known = 'STOPPED';
  container.reason =
    error instanceof StepTimeout ? `DockerTimeoutError: ${error.message}` : `${name}: ${daemonSays(error)}`;
}

function registryAuth(container: EngineContainer): RegistryAuth | undefined {
  const given = container.payload.registryAuthentication;
  if (!given) return undefined;
  throw new Error(`registry authentication of type ${given.type} is not supported by this agent`);
}

export async function pullStep(
  ctx: StepContext,
  task: EngineTask,
  container: EngineContainer,
  signal: AbortSignal,
): Promise<void> {
  const { clock, config } = ctx.deps;
  let pulled = false;
  const onPull = () => {
    pulled = true;
    task.pullStartedAtMs ??= clock.now();
  };
  try {
    const auth = registryAuth(container);
    const image = await withDeadline(ctx, config.pullTimeoutMs, 'pulled', signal, (inner) =>
      ctx.pulls.ensure(container.payload.image, { ...(auth ? { auth } : {}), signal: inner, onPull }),
    );
    container.known = 'PULLED';
    container.imageId = image.imageId;
    if (image.imageDigest) container.imageDigest = image.imageDigest;
  } catch (error) {
    if (signal.aborted) return;
    const kind =
      container.payload.registryAuthentication?.type === 'ecr'
        ? 'CannotPullECRContainerError'
        : 'CannotPullContainerError';
    fail(container, kind, error);
  } finally {
    if (pulled) task.pullStoppedAtMs = clock.now();
  }
}

async function ensureVolumes(ctx: StepContext, task: EngineTask, container: EngineContainer): Promise<void> {
  const mounted = new Set((container.payload.mountPoints ?? []).map((point) => point.sourceVolume));
  for (const volume of task.payload.volumes ?? []) {
    if (!mounted.has(volume.name) || volume.host?.sourcePath) continue;
    const { name, own } = volumeName(task, volume);
    const docker = volume.dockerVolumeConfiguration ?? {};
    if (!own && !docker.autoprovision) {
      await ctx.deps.engine.inspectVolume(name);
      continue;
    }
    if (own && !task.ownVolumes.includes(name)) {
      task.ownVolumes.push(name);
      ctx.persist(task);
    }
    await ctx.deps.engine.createVolume({
      name,
      ...(docker.driver ? { driver: docker.driver } : {}),
      ...(docker.driverOpts ? { driverOpts: docker.driverOpts } : {}),
      labels: { ...docker.labels, ...(own ? { [taskArnLabel]: task.arn } : {}) },
    });
  }
}

async function ensureBindings(ctx: StepContext, task: EngineTask, container: EngineContainer): Promise<void> {
  const mappings = container.payload.portMappings ?? [];
  if (!mappings.length || container.bindings.length) return;
  const networkMode = networkModeOf(task, container) ?? 'bridge';
  container.bindings = await chooseBindings(mappings, ctx.deps.hostPorts, { networkMode, taken: ctx.taken });
  // Before the container exists, so that one found after a crash has these ports.
  ctx.persist(task);
}

/** The container of that name, if it is this one: made by an agent that died before writing it down. */
async function adopt(ctx: StepContext, task: EngineTask, container: EngineContainer): Promise<string | undefined> {
  const found = await ctx.deps.engine.inspectContainer(container.runtimeName);
  const ours = found.labels[taskArnLabel] === task.arn && found.labels[containerNameLabel] === container.payload.name;
  return ours ? found.containerId : undefined;
}

export async function createStep(
  ctx: StepContext,
  task: EngineTask,
  container: EngineContainer,
  signal: AbortSignal,
): Promise<void> {
  const { clock, config, engine, environment } = ctx.deps;
  try {
    await ensureVolumes(ctx, task, container);
  } catch (error) {
    return fail(container, 'ResourceInitializationError', error);
  }
  try {
    await ensureBindings(ctx, task, container);
    const cgroupParent = ctx.deps.cgroups?.create(task);
    const built = buildContainer({
      task,
      container,
      cluster: config.cluster,
      environment: environment?.environmentFor(toTaskView(task, {}), toContainerView(task, container)) ?? {},
      bindings: container.bindings,
      ...(cgroupParent ? { cgroupParent } : {}),
    });
    const { containerId } = await withDeadline(ctx, config.createTimeoutMs, 'created', signal, (inner) =>
      engine.createContainer(built.spec, inner).catch(async (error: unknown) => {
        const adopted = isEngineError(error, 'conflict') ? await adopt(ctx, task, container) : undefined;
        if (!adopted) throw error;
        return { containerId: adopted };
      }),
    );
    container.known = 'CREATED';
    container.runtimeId = containerId;
    container.createdAtMs = clock.now();
    container.labels = built.spec.config.Labels ?? {};
    container.logDriver = built.logDriver;
    container.logOptions = built.logOptions;
  } catch (error) {
    fail(container, 'CannotCreateContainerError', error);
  }
}

const isPortConflict = (error: unknown): boolean =>
  error instanceof EngineError && /port is already allocated|address already in use/.test(error.message);
/** With ports drawn at random, more than a few conflicts in a row mean something else is wrong. */
const mostPortConflicts = 5;

function markStarted(ctx: StepContext, container: EngineContainer): void {
  const nowMs = ctx.deps.clock.now();
  container.known = 'RUNNING';
  container.startedAtMs ??= nowMs;
  container.lastStartedAtMs = nowMs;
  const checked = container.payload.healthCheckType === 'docker';
  if (checked) container.health = { status: 'UNKNOWN', sinceMs: nowMs };
}

export async function startStep(ctx: StepContext, container: EngineContainer, signal: AbortSignal): Promise<void> {
  const { config, engine } = ctx.deps;
  const id = container.runtimeId ?? container.runtimeName;
  try {
    await withDeadline(ctx, config.startTimeoutMs, 'started', signal, (inner) => engine.startContainer(id, inner));
    markStarted(ctx, container);
  } catch (error) {
    const conflicts = (ctx.portConflicts.get(container) ?? 0) + 1;
    if (isPortConflict(error) && hasDynamicPorts(container.payload.portMappings) && conflicts < mostPortConflicts) {
      // Somebody took the port between the probe and the start: make the container again with others.
      ctx.portConflicts.set(container, conflicts);
      container.bindings = [];
      container.known = 'PULLED';
      delete container.runtimeId;
      await engine.removeContainer(id, { force: true });
      return;
    }
    fail(container, 'CannotStartContainerError', error);
  }
}

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
export function describe(container: EngineContainer, found: ContainerInspection): void {
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
  describe(container, found);
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

/** Beyond the grace period: what Docker itself may take to kill and clean up. */
const stopSlackMs = 120_000;

export async function stopStep(
  ctx: StepContext,
  task: EngineTask,
  container: EngineContainer,
  signal: AbortSignal,
): Promise<void> {
  const { clock, config, engine, logger } = ctx.deps;
  const id = container.runtimeId ?? container.runtimeName;
  const timeoutMs =
    container.payload.stopTimeout === undefined ? config.stopTimeoutMs : container.payload.stopTimeout * 1000;
  try {
    await withDeadline(ctx, timeoutMs + stopSlackMs, 'stopped', signal, (inner) =>
      engine.stopContainer(id, { timeoutMs, signal: inner }),
    );
  } catch (error) {
    if (signal.aborted || isEngineError(error, 'unreachable')) throw error;
    logger.warn('stopping a container failed; killing it', { container: container.runtimeName, error });
    await engine.killContainer(id).catch((killError: unknown) => {
      if (isEngineError(killError, 'unreachable')) throw killError;
      logger.warn('killing a container failed', { container: container.runtimeName, error: killError });
    });
  }
  await observeStep(ctx, task, container, { atMs: clock.now() }, signal);
}
