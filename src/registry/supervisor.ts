/**
 * The registry process as the control plane sees it: started, fed with rows, asked for bytes, given connections, and started
 * again with longer and longer pauses when it dies. Connections that it had are lost with it, acknowledged bytes are not.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { BlobGateway } from '#images/blob-gateway.ts';
import type { ImageLimits } from '#images/blobs.ts';
import type { RemoteReplication } from '#images/replication/remote.ts';
import type { UpstreamGateway } from '#images/upstream-gateway.ts';
import type { UsagePoint } from '#images/usage.ts';
import type { Vault } from '#keys/vault.ts';
import { type Backoff, backoffMs } from '#lib/backoff.ts';
import type { Clock, Timer } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import { createReplicaSource, type ReplicaFeed } from '#store/replica.ts';
import type { Store } from '#store/store.ts';
import { createRegistryControl } from './control.ts';
import type { CheckHandlers } from './fsck/handlers.ts';
import { createRepairHandlers } from './fsck/repair-handlers.ts';
import { type GarbageSettings, startCollector } from './garbage/collector.ts';
import type { GarbageHandlers } from './garbage/handlers.ts';
import { createBlobGateway, type GatewayHandlers } from './gateway.ts';
import { createMaintenance, type Maintenance } from './maintenance.ts';
import type { OutboundHandlers } from './outbound.ts';
import { type FromRegistry, followedTables, type StartMessage, type ToRegistry } from './process/messages.ts';
import { createRpc, type Rpc } from './process/rpc.ts';
import { createRemoteReplication, createUpstreamGateway, type ReplicationTargets } from './remote-replication.ts';
import { createUpstreamControl } from './upstream-control.ts';

const program = fileURLToPath(new URL('./process/main.ts', import.meta.url));
const restartBackoff: Backoff = { firstMs: 200, maxMs: 30_000, factor: 2, jitter: 0.2 };
/** A process that has lived this long was not failing at once: the next pause is the first one again. */
const settledMs = 60_000;
const stopGraceMs = 5_000;
/** How long a connection waits for a process that is starting. */
const connectionPatienceMs = 10_000;

export interface RegistryOptions extends Omit<StartMessage, 'kind' | 'apiHost' | 'apiPort'> {
  /** Registries elsewhere that images are replicated to. */
  readonly replicationTargets?: ReplicationTargets;
  /** Where the control plane's APIs answer; asked when a process starts. */
  readonly api: () => { readonly host: string; readonly port: number };
  readonly garbage?: Partial<GarbageSettings>;
  /** Quotas that hold. */
  readonly limits?: ImageLimits;
  /** Takes what was counted of pulls, pushes and authentications. */
  readonly recordUsage: (points: readonly UsagePoint[]) => void;
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface Registry {
  /** Starts the process now; otherwise the first who needs it does. */
  start(): void;
  readonly blobs: BlobGateway;
  readonly replication: RemoteReplication;
  readonly upstreams: UpstreamGateway;
  readonly maintenance: Maintenance;
  /** Hands a connection over, with what has been read from it. Nobody else may read from it. */
  take(socket: Socket, head: Buffer): void;
  /** Where the living process answers on the loopback address; waits for one that is starting. */
  port(): Promise<number>;
  /** Process id of the one that lives; for tests. */
  readonly pid: number | undefined;
  close(): Promise<void>;
}

/** Lines of the process's log become lines of ours. */
function relay(logger: Logger, line: string): void {
  const { level, message, time: _, ...fields } = JSON.parse(line);
  logger[level as 'info'](message, fields);
}

export type RegistryHandlers = GatewayHandlers & GarbageHandlers & CheckHandlers & OutboundHandlers;

interface Living {
  readonly process: ChildProcess;
  readonly rpc: Rpc<RegistryHandlers>;
  readonly feed: ReplicaFeed;
  port: number | undefined;
}

export function startRegistry(options: RegistryOptions): Registry {
  const {
    store,
    vault,
    clock,
    random,
    logger,
    api,
    garbage = {},
    replicationTargets = {},
    recordUsage,
    limits = {},
    ...given
  } = options;
  const source = createReplicaSource({ store, tables: followedTables, clock });
  const removeGate = store.addGate((revision) => source.caughtUp(revision));
  const control = {
    ...createRegistryControl({ store, clock, limits, recordUsage, seenRevision: () => source.revision }),
    ...createRepairHandlers({ store, clock }),
    ...createUpstreamControl({ store, clock, random, vault, limits, seenRevision: () => source.revision }),
  };
  let living: Living | undefined;
  let restart: Timer | undefined;
  let failures = 0;
  let stopping = false;
  let waiting: { readonly ready: (one: Living | undefined) => void }[] = [];

  const announce = (one: Living | undefined) => {
    const all = waiting;
    waiting = [];
    for (const { ready } of all) ready(one);
  };

  const start = () => {
    const startedAt = clock.now();
    const child = fork(program, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: true,
      // Large buffers come and go on several threads; with an arena for each of them much of that would never go back.
      env: { ...process.env, MALLOC_ARENA_MAX: '2' },
      execArgv: ['--max-semi-space-size=8'],
    });
    const send = (message: ToRegistry) => {
      if (child.connected) child.send(message, undefined, undefined, () => {});
    };
    const onError = (name: string, error: unknown) => logger.error('the registry asked for a failure', { name, error });
    const rpc = createRpc<RegistryHandlers>({ send, handlers: control, onError });
    const { host: apiHost, port: apiPort } = api();
    send({ kind: 'start', ...given, apiHost, apiPort });
    const one: Living = { process: child, rpc, feed: source.attach(send), port: undefined };
    living = one;
    child.stderr?.on('data', (text: Buffer) => logger.error('the registry process says', { text: text.toString() }));
    child.on('message', (message: FromRegistry) => {
      switch (message.kind) {
        case 'rpc':
          return rpc.receive(message);
        case 'acknowledge':
          return one.feed.acknowledge(message.revision);
        case 'ready':
          one.port = message.port;
          return announce(one);
        case 'log':
          return relay(logger, message.line);
        case 'failed':
          logger.error('the registry cannot start', { reason: message.message });
      }
    });
    let ended = false;
    const onEnd = (how: string) => {
      if (ended) return;
      ended = true;
      one.feed.close();
      rpc.close();
      if (living === one) living = undefined;
      if (stopping) return;
      failures = clock.now() - startedAt > settledMs ? 1 : failures + 1;
      const delayMs = backoffMs(restartBackoff, failures, random);
      logger.warn('the registry process has ended; it is started again', { how, delayMs: Math.round(delayMs) });
      restart = clock.after(delayMs, () => {
        restart = undefined;
        start();
      });
    };
    child.once('error', (error) => onEnd(error.message));
    child.once('exit', (code, signal) => onEnd(signal ? `killed by ${signal}` : `exit code ${code}`));
  };
  const startOnce = () => {
    if (!living && !restart && !stopping) start();
  };

  const whenReady = (): Promise<Living | undefined> => {
    if (living?.port !== undefined) return Promise.resolve(living);
    if (stopping) return Promise.resolve(undefined);
    startOnce();
    return new Promise((resolve) => {
      const timer = clock.after(connectionPatienceMs, () => {
        waiting = waiting.filter((one) => one !== entry);
        resolve(undefined);
      });
      const entry = {
        ready: (one: Living | undefined) => {
          timer.cancel();
          resolve(one);
        },
      };
      waiting.push(entry);
    });
  };

  const hand = (one: Living, socket: Socket, head: Buffer) => {
    if (!one.process.connected) return socket.destroy();
    const message: ToRegistry = { kind: 'connection', head };
    // Without its server it is a connection like any other, and Node keeps no account of where it went.
    (socket as Socket & { server?: unknown }).server = null;
    // Sent or not, this process has no more to do with it; what is destroyed is only what stands for it here.
    one.process.send(message, socket, { keepOpen: false }, () => socket.destroy());
  };

  const remote = async (start: boolean) =>
    (start ? await whenReady() : living?.port === undefined ? undefined : living)?.rpc.remote;
  const collector = startCollector({ store, clock, logger, remote, settings: garbage });

  const outbound = {
    store,
    vault,
    clock,
    targets: replicationTargets,
    seenRevision: () => source.revision,
    remote: () => remote(true),
  };

  return {
    start: startOnce,
    maintenance: createMaintenance({ collector, remote, clock, random }),
    replication: createRemoteReplication(outbound),
    upstreams: createUpstreamGateway(outbound),
    blobs: createBlobGateway({ remote: async () => (await whenReady())?.rpc.remote, vault, clock }),
    take(socket, head) {
      if (living?.port !== undefined) return hand(living, socket, head);
      void whenReady().then((one) => (one ? hand(one, socket, head) : socket.destroy()));
    },
    async port() {
      const one = await whenReady();
      if (one?.port === undefined) throw new Error('the registry is not running');
      return one.port;
    },
    get pid() {
      return living?.process.pid;
    },
    async close() {
      stopping = true;
      collector.close();
      restart?.cancel();
      removeGate();
      announce(undefined);
      const one = living;
      if (one && one.process.exitCode === null) {
        const exited = new Promise<void>((resolve) => one.process.once('exit', () => resolve()));
        if (one.process.connected) one.process.send({ kind: 'stop' } satisfies ToRegistry, () => {});
        else one.process.kill('SIGKILL');
        const kill = clock.after(stopGraceMs, () => one.process.kill('SIGKILL'));
        await exited;
        kill.cancel();
      }
      source.close();
    },
  };
}
