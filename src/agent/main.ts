/**
 * The agent of one machine. It registers the machine with a control plane, gets tasks over ACS, runs them on the
 * container engine, and reports what becomes of them. It decides nothing about which tasks there should be, listens to
 * nobody but its control plane, and touches no container that is not its own.
 *
 * - Ending the agent never ends a container. SIGTERM and SIGINT write down what is known and end it with code 0.
 * - Exit codes: 0 stopped as asked; 1 something failed, start me again; 5 the control plane or the configuration makes
 *   running pointless, do not.
 * - Everything that must survive is in `state/` before it is acknowledged or acted upon.
 */
import { ECSClient } from '@aws-sdk/client-ecs';
import type { Clock } from '#lib/clock.ts';
import { uuid } from '#lib/ids.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import { type AgentConfig, providerOf } from './config.ts';
import type { ContainerEngine, EngineInfo, EngineVersion } from './engine-api/engine.ts';
import { startAcsSession } from './link/acs-session.ts';
import { toAttributes, toResources } from './link/capabilities.ts';
import { createPollEndpoints } from './link/poll-endpoint.ts';
import { register, TerminalError } from './link/register.ts';
import { createLinkSigner, type LinkSigner } from './link/signing.ts';
import { StateChangeSender } from './link/state-change-sender.ts';
import { type MetricsSource, startTcsSession } from './link/tcs-session.ts';
import type { ConnectSocket } from './link/websocket-session.ts';
import { type AgentState, openAgentState, StateInUseError } from './state/agent-state.ts';
import { explainNoRoom } from './task-engine/admission.ts';
import { createTaskCgroups } from './task-engine/cgroups.ts';
import { defaultTaskEngineConfig } from './task-engine/engine-config.ts';
import { createHostPorts, type HostPorts } from './task-engine/host-ports.ts';
import type { OwnImages } from './task-engine/own-images.ts';
import type { ContainerEnvironment, LogShipper, RunningTasks } from './task-engine/running-tasks.ts';
import { TaskEngine } from './task-engine/task-engine.ts';
import type { GatherResources } from './task-engine/task-resources.ts';

export const agentVersion = '0.1.0';
const agentHash = 'slipway';

export const exitCodes = { ok: 0, restart: 1, terminal: 5 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What a side service of the agent (logs, metadata, stats) gets to work with. */
export interface SideServiceContext {
  readonly config: AgentConfig;
  readonly engine: ContainerEngine;
  readonly engineInfo: EngineInfo;
  readonly containerInstanceArn: string;
  readonly tasks: RunningTasks;
  readonly credentials: TaskEngine['credentials'];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * The agent's side services, all optional. They are made before the task engine, which asks them from its first step
 * on, and started when the engine and the registration stand.
 */
export interface SideServices {
  readonly logs?: LogShipper;
  readonly environment?: ContainerEnvironment;
  readonly metrics?: MetricsSource;
  readonly gatherResources?: GatherResources;
  readonly images?: OwnImages;
  readonly start?: (context: SideServiceContext) => Promise<void>;
  readonly close?: () => Promise<void>;
}

/** What carries the agent's words to its control plane. */
export interface AgentTransport {
  readonly ecs: ECSClient;
  readonly signer: LinkSigner;
  readonly connect: ConnectSocket;
}

export interface AgentDeps {
  readonly engine: ContainerEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly sideServices?: SideServices;
  readonly hostPorts?: HostPorts;
  /** Default: opened in the configuration's data directory, and closed at the end. */
  readonly state?: AgentState;
  /** Default: HTTP and websockets to the configuration's endpoint. */
  readonly transport?: AgentTransport;
}

export interface RunningAgent {
  readonly containerInstanceArn: string;
  readonly tasks: TaskEngine;
  /** Leaves: connections closed, state written, containers running. */
  close(): Promise<void>;
}

/** A control plane that accepts calls and never answers must not hold a report for ever. */
const requestTimeouts = { connectionTimeout: 10_000, requestTimeout: 42_000, throwOnRequestTimeout: true };

interface EngineFacts {
  readonly version: EngineVersion;
  readonly info: EngineInfo;
}

const engineRetryMs = 1_000;

async function reachEngine(deps: AgentDeps, signal: AbortSignal): Promise<EngineFacts> {
  for (;;) {
    signal.throwIfAborted();
    try {
      const [version, info] = await Promise.all([deps.engine.version(), deps.engine.info()]);
      return { version, info };
    } catch (error) {
      deps.logger.warn('the container engine does not answer; trying again', { error: (error as Error).message });
      await deps.clock.sleep(engineRetryMs, signal);
    }
  }
}

const whenAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

/** The instance this machine is registered as, if it is. */
const knownInstance = (config: AgentConfig, state: AgentState): string | undefined =>
  state.get('cluster') === config.cluster ? state.get('containerInstanceArn') : undefined;

async function registerInstance(
  config: AgentConfig,
  deps: AgentDeps,
  state: AgentState,
  facts: EngineFacts,
  hasTaskLimits: boolean,
  ecs: ECSClient,
  signal: AbortSignal,
): Promise<string> {
  const { clock, random, logger } = deps;
  const known = knownInstance(config, state);
  const arn = await register({
    ecs,
    cluster: config.cluster,
    mayCreateCluster: config.mayCreateCluster,
    ...(known ? { containerInstanceArn: known } : {}),
    clientToken: uuid(random),
    attributes: toAttributes({
      engine: facts.version,
      info: facts.info,
      loggingDrivers: config.loggingDrivers,
      hasTaskLimits,
      instanceAttributes: config.instanceAttributes,
    }),
    resources: toResources(facts.info, {
      memoryMiB: config.reservedMemoryMiB,
      ports: config.reservedPorts,
      portsUdp: config.reservedPortsUdp,
    }),
    tags: config.tags,
    ...(config.identityDocument ? { identityDocument: config.identityDocument } : {}),
    versionInfo: { agentVersion, agentHash, dockerVersion: `DockerVersion: ${facts.version.version}` },
    clock,
    random,
    logger,
    signal,
  });
  if (arn !== known) state.set('sequence', '-1');
  state.set('containerInstanceArn', arn);
  state.set('cluster', config.cluster);
  return arn;
}

/**
 * Starts the agent; resolves when it is registered and its sessions are starting. Recorded tasks are looked after from
 * the beginning, whether the control plane answers or not. Rejects with `TerminalError`, `StateInUseError`, or the signal's reason.
 */
export async function startAgent(
  config: AgentConfig,
  deps: AgentDeps,
  signal: AbortSignal = new AbortController().signal,
): Promise<RunningAgent> {
  const { clock, engine, logger, random } = deps;
  const state = deps.state ?? openAgentState(config.dataDirectory);
  const { endpoint, region, credentials } = config;
  const ecs = deps.transport?.ecs ?? new ECSClient({ endpoint, region, credentials, requestHandler: requestTimeouts });
  const sender = new StateChangeSender({ ecs, state, cluster: config.cluster, clock, random, logger });
  const undo: (() => void | Promise<void>)[] = [() => sender.close(), () => ecs.destroy()];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
    if (!deps.state) state.close();
  };
  try {
    const facts = await reachEngine(deps, signal);
    const cgroups = config.taskLimits === false ? undefined : createTaskCgroups(facts.info, logger);
    if (config.taskLimits && !cgroups)
      throw new TerminalError('task limits are wanted, but task cgroups cannot be made here');
    const host = {
      cpuUnits: facts.info.cpus * 1024,
      memoryMiB: Math.floor(facts.info.memoryBytes / 1024 / 1024) - config.reservedMemoryMiB,
    };
    const side = deps.sideServices ?? {};
    const tasks = new TaskEngine({
      engine,
      clock,
      random,
      logger,
      store: state,
      hostPorts: deps.hostPorts ?? createHostPorts(random),
      config: { ...defaultTaskEngineConfig, ...config },
      ...(cgroups ? { cgroups } : {}),
      ...(side.logs ? { logs: side.logs } : {}),
      ...(side.environment ? { environment: side.environment } : {}),
      ...(side.gatherResources ? { gatherResources: side.gatherResources } : {}),
      ...(side.images ? { images: side.images } : {}),
      onReport: () => sender.wake(),
      admit: (task, present) => explainNoRoom(task, present, host),
    });
    undo.push(() => tasks.close());
    undo.push(async () => side.close?.());
    const begin = async (containerInstanceArn: string) => {
      const { tasks: views, credentials } = tasks;
      const shared = { config, engine, engineInfo: facts.info, clock, random, logger };
      await side.start?.({ ...shared, containerInstanceArn, tasks: views, credentials });
      tasks.start();
      await Promise.race([tasks.ready(), whenAborted(signal)]);
    };
    const known = knownInstance(config, state);
    if (known) await begin(known);
    const containerInstanceArn = await registerInstance(config, deps, state, facts, cgroups !== undefined, ecs, signal);
    logger.info('registered', { containerInstanceArn, cluster: config.cluster });
    if (!known) await begin(containerInstanceArn);
    sender.wake();
    undo.push(
      ...startSessions(config, deps, {
        state,
        ecs,
        tasks,
        containerInstanceArn,
        facts,
        ...(side.metrics ? { metrics: side.metrics } : {}),
      }),
    );
    return { containerInstanceArn, tasks, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface SessionParts {
  readonly state: AgentState;
  readonly ecs: ECSClient;
  readonly tasks: TaskEngine;
  readonly containerInstanceArn: string;
  readonly facts: EngineFacts;
  readonly metrics?: MetricsSource;
}

function startSessions(config: AgentConfig, deps: AgentDeps, parts: SessionParts): (() => void)[] {
  const { clock, random, logger } = deps;
  const { containerInstanceArn, facts, tasks } = parts;
  const { cluster, region } = config;
  const shared = {
    cluster,
    containerInstanceArn,
    agentVersion,
    agentHash,
    engineVersion: facts.version.version,
    endpoints: createPollEndpoints({ ecs: parts.ecs, clock, cluster, containerInstance: containerInstanceArn }),
    signer:
      deps.transport?.signer ?? createLinkSigner({ region, credentials: providerOf(config), now: () => clock.now() }),
    ...(deps.transport ? { connect: deps.transport.connect } : {}),
    clock,
    random,
    logger,
  };
  const acs = startAcsSession({ ...shared, tasks, state: parts.state, onHeartbeat: () => {} });
  const tcs = startTcsSession({
    ...shared,
    tasks: tasks.tasks,
    isEngineHealthy: () => tasks.isConnected,
    ...(parts.metrics ? { metrics: parts.metrics } : {}),
  });
  return [() => acs.close(), () => tcs.close()];
}

/** What ends a process that runs an agent: signals, and the channel to the parent that started it. */
function untilAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve());
    if (process.channel) process.once('disconnect', () => resolve());
  });
}

/** Runs an agent until the process is asked to end; answers the exit code. */
export async function runAgent(config: AgentConfig, deps: AgentDeps): Promise<ExitCode> {
  const abort = new AbortController();
  const stopped = untilAskedToStop().then(() => abort.abort(new Error('asked to stop')));
  // Timers of the clock do not keep a process alive; this does, until the agent ends.
  const alive = setInterval(() => {}, 3_600_000);
  try {
    const agent = await startAgent(config, deps, abort.signal);
    if (process.send) process.send({ type: 'registered', containerInstanceArn: agent.containerInstanceArn });
    await stopped;
    await agent.close();
    return exitCodes.ok;
  } catch (error) {
    if (abort.signal.aborted) return exitCodes.ok;
    deps.logger.error('the agent ends', { error });
    return error instanceof TerminalError || error instanceof StateInUseError ? exitCodes.terminal : exitCodes.restart;
  } finally {
    clearInterval(alive);
    deps.engine.close();
  }
}
