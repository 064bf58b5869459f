/**
 * One step of one container, carried out against the engine. A step changes the container's record as far as it got.
 * An engine that cannot be reached is thrown (the step is tried again when it is back: each can be repeated safely);
 * every other failure becomes the container's `reason`, in the words of ECS's own agent.
 */
import { EngineError, isEngineError } from '../engine-api/engine.ts';
import { markStarted, observeStep } from './container-observation.ts';
import { buildContainer, containerNameLabel, networkModeOf, taskArnLabel, volumeName } from './container-spec.ts';
import { chooseBindings, hasDynamicPorts } from './host-ports.ts';
import { type StepContext, StepTimeout, withDeadline } from './step-context.ts';
import { type EngineContainer, type EngineTask, toContainerView, toTaskView } from './task.ts';
import { ResourcesDropped, TaskResourceError } from './task-resources.ts';

const daemonSays = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof EngineError ? `Error response from daemon: ${message}` : message;
};

/** What ECS's agent says before Docker's words, where it knows what they mean. */
function pullAdvice(words: string): string {
  const start = 'The task can’t pull the image. ';
  if (
    /pull access denied for .*denied: User: .* is not authorized to perform: ecr:BatchGetImage on resource/.test(words)
  )
    return `${start}Check that the role has the permissions to pull images from the registry. `;
  return /pull access denied for .* repository does not exist or may require 'docker login'/.test(words)
    ? `${start}Check whether the image exists. `
    : '';
}

function fail(
  container: EngineContainer,
  name: string,
  error: unknown,
  advice: (words: string) => string = () => '',
): void {
  if (isEngineError(error, 'unreachable')) throw error;
  container.known = 'STOPPED';
  const words = daemonSays(error);
  container.reason =
    error instanceof StepTimeout ? `DockerTimeoutError: ${error.message}` : `${name}: ${advice(words)}${words}`;
}

/** What the task needs of other services cannot be had: none of its containers is made. */
function failTask(task: EngineTask, container: EngineContainer, error: TaskResourceError): void {
  task.reason ??= error.message;
  task.desired = 'STOPPED';
  container.known = 'STOPPED';
}

export async function pullStep(
  ctx: StepContext,
  task: EngineTask,
  container: EngineContainer,
  signal: AbortSignal,
): Promise<void> {
  const { clock, config, images } = ctx.deps;
  let pulled = false;
  const onPull = () => {
    pulled = true;
    task.pullStartedAtMs ??= clock.now();
  };
  try {
    const { registryAuth: auth } = await ctx.resources.of(task, container);
    if (signal.aborted) return;
    const image = await withDeadline(ctx, config.pullTimeoutMs, 'pulled', signal, (inner) =>
      ctx.pulls.ensure(container.payload.image, {
        ...(auth ? { auth } : {}),
        ...(images?.isOwn(container.payload)
          ? { findOwn: (wait: AbortSignal) => images.find(container.payload, auth, wait) }
          : {}),
        signal: inner,
        onPull,
      }),
    );
    container.known = 'PULLED';
    container.imageId = image.imageId;
    if (image.imageDigest) container.imageDigest = image.imageDigest;
    if (image.reference) container.imageReference = image.reference;
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof ResourcesDropped) return;
    if (error instanceof TaskResourceError) {
      failTask(task, container, error);
      return;
    }
    fail(container, 'CannotPullContainerError', error, pullAdvice);
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
  // Kept from a try before: a container that was made then, and not recorded, has these.
  if (!mappings.length || container.bindings.length) return;
  const networkMode = networkModeOf(task, container) ?? 'bridge';
  container.bindings = await chooseBindings(mappings, ctx.deps.hostPorts, { networkMode, taken: ctx.taken });
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
    const resources = await ctx.resources.of(task, container);
    await ensureBindings(ctx, task, container);
    const cgroupParent = ctx.deps.cgroups?.create(task);
    const built = buildContainer({
      task,
      container,
      cluster: config.cluster,
      environment: environment?.environmentFor(toTaskView(task), toContainerView(task, container)) ?? {},
      resources,
      bindings: container.bindings,
      ...(cgroupParent ? { cgroupParent } : {}),
    });
    container.labels = built.spec.config.Labels ?? {};
    container.logDriver = built.logDriver;
    container.logOptions = built.logOptions;
    // Before the container exists: one found after a crash has these ports and this log driver.
    ctx.persist(task);
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
  } catch (error) {
    if (error instanceof ResourcesDropped) return;
    if (error instanceof TaskResourceError) failTask(task, container, error);
    else fail(container, 'CannotCreateContainerError', error);
  }
}

const isPortConflict = (error: unknown): boolean =>
  error instanceof EngineError && /port is already allocated|address already in use/.test(error.message);
/** With ports drawn at random, more than a few conflicts in a row mean something else is wrong. */
const mostPortConflicts = 5;

/** As with Docker's own driver: without its log stream a container does not start. */
async function prepareLogs(ctx: StepContext, task: EngineTask, container: EngineContainer): Promise<void> {
  if (container.logDriver !== 'awslogs') return;
  try {
    await ctx.deps.logs?.prepare(toTaskView(task), toContainerView(task, container));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log stream: ${reason}`;
    throw new Error(message, { cause: error });
  }
}

export async function startStep(
  ctx: StepContext,
  task: EngineTask,
  container: EngineContainer,
  signal: AbortSignal,
): Promise<void> {
  const { config, engine } = ctx.deps;
  const id = container.runtimeId ?? container.runtimeName;
  try {
    await prepareLogs(ctx, task, container);
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
