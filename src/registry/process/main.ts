/**
 * The registry process: owns every byte of images, answers the OCI routes from a replica of the rows, and asks the control
 * plane for every change of a row. It is started by the control plane (supervisor.ts) and ends with it.
 */
import type { Socket } from 'node:net';
import { createUsageCounter, registryUsageArn } from '#images/usage.ts';
import { createVault } from '#keys/vault.ts';
import { systemClock } from '#lib/clock.ts';
import { createLogger, type LogLevel } from '#lib/logger.ts';
import { systemRandom } from '#lib/random.ts';
import { ReplicaView } from '#store/replica-view.ts';
import { createAccess } from '../access.ts';
import { expireUploads } from '../blob-store/expire-uploads.ts';
import { lockDirectory } from '../blob-store/fs/lock.ts';
import { leaseBlobs } from '../blob-store/leases.ts';
import { openStorage } from '../blob-store/storage.ts';
import { createCallers } from '../callers.ts';
import type { RegistryControl } from '../control.ts';
import { createCheckHandlers } from '../fsck/handlers.ts';
import type { RepairHandlers } from '../fsck/repair-handlers.ts';
import { createGarbageHandlers } from '../garbage/handlers.ts';
import { createGatewayHandlers } from '../gateway.ts';
import { startServer } from '../http/server.ts';
import { createManifestAnswers } from '../manifest-answers.ts';
import { createOutbound } from '../outbound.ts';
import { createPullRecorder } from '../pull-recorder.ts';
import { createRespond } from '../routes/route.ts';
import { createSignatureGate } from '../signatures/gate.ts';
import { createUploadNames } from '../upload-names.ts';
import type { UpstreamControl } from '../upstream-control.ts';
import { type FromRegistry, followedTables, type StartMessage, type ToRegistry } from './messages.ts';
import { createRpc, type Rpc } from './rpc.ts';

const clock = systemClock;
const random = systemRandom;

const say = (message: FromRegistry): void => {
  process.send?.(message, undefined, undefined, () => {});
};

interface Running {
  receive(message: ToRegistry, socket: Socket | undefined): void;
  close(): Promise<void>;
}

/** Buffers come as plain Uint8Arrays. */
const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

async function start(options: StartMessage): Promise<Running> {
  const logger = createLogger({
    level: options.logLevel as LogLevel,
    sink: { write: (line) => say({ kind: 'log', line }) },
    now: () => clock.now(),
    fields: { process: 'registry' },
  });
  const unlock = lockDirectory(options.directory);
  const vault = createVault(toBuffer(options.rootKey), random);
  const { directory } = options;
  const blobs = leaseBlobs(await openStorage(options.storage, { directory, clock, random, logger }), clock);
  const view = new ReplicaView(followedTables, (error) => logger.error('a derivation failed', { error }));
  let ownPort = 0;
  const outbound = await createOutbound({
    settings: options.outbound,
    directory,
    view,
    blobs,
    control: () => rpc.remote,
    ownPort: () => ownPort,
    clock,
    random,
    logger,
  });
  const rpc: Rpc<RegistryControl & UpstreamControl & RepairHandlers> = createRpc({
    send: say,
    handlers: {
      ...createGatewayHandlers(blobs),
      ...createGarbageHandlers({ blobs, view }),
      ...createCheckHandlers({ blobs, view, control: () => rpc.remote }),
      ...outbound.handlers,
    },
    onError: (name, error) => logger.error('a call failed', { name, error }),
  });
  const control = rpc.remote;
  const callers = createCallers({
    view,
    vault,
    clock,
    random,
    permissive: options.auth === 'permissive',
    account: options.account,
    onIdentified: ({ account }) =>
      usage.count(registryUsageArn({ account, region: options.region }), 'AuthenticationCount'),
    isSessionAlive: async (principal) => (await control.isSessionAlive({ principal })).alive,
  });
  const access = createAccess({ view, callers, clock, random, region: options.region });
  const pulls = createPullRecorder({
    clock,
    send: (told) => {
      control.recordPulls({ pulls: told }).catch((error: unknown) => logger.warn('pulls were not recorded', { error }));
    },
  });
  const signatures =
    options.signaturePolicy === undefined
      ? undefined
      : createSignatureGate({ file: options.signaturePolicy, view, blobs, clock, logger });
  const usage = createUsageCounter({
    clock,
    send: (points) => {
      control.recordUsage({ points }).catch((error: unknown) => logger.warn('counts were not recorded', { error }));
    },
  });
  const respond = createRespond({
    view,
    blobs,
    access,
    callers,
    control,
    answers: createManifestAnswers(blobs),
    pulls,
    usage,
    pullThrough: outbound.pullThrough,
    uploadNames: createUploadNames(vault),
    ...(signatures && { signatures }),
    vault,
    clock,
    logger,
    createOnPush: options.createOnPush,
  });
  const api = { host: options.apiHost, port: options.apiPort };
  const server = await startServer({ respond, logger, secret: options.secret, api });
  ownPort = server.port;
  const stopExpiring = expireUploads({ blobs, clock, logger });
  void view.ready.then(() => say({ kind: 'ready', port: server.port }));
  return {
    receive(message, socket) {
      switch (message.kind) {
        case 'rows':
        case 'changes': {
          const revision = view.apply(message);
          if (revision !== undefined) say({ kind: 'acknowledge', revision });
          return;
        }
        case 'rpc':
          return rpc.receive(message);
        case 'connection':
          if (socket) server.adopt(socket, toBuffer(message.head));
          return;
        default:
          return;
      }
    },
    async close() {
      stopExpiring();
      signatures?.close();
      pulls.flush();
      usage.flush();
      await server.close();
      outbound.close();
      await blobs.close();
      unlock();
    },
  };
}

let running: Promise<Running> | undefined;

const stop = async () => {
  try {
    await (await running)?.close();
  } finally {
    process.exit(0);
  }
};

process.on('message', (message: ToRegistry, socket: unknown) => {
  if (message.kind === 'start') {
    running = start(message);
    running.catch((error: unknown) => {
      const { message: text } = error as Error;
      process.send?.({ kind: 'failed', message: text } satisfies FromRegistry, () => process.exit(1));
    });
  } else if (message.kind === 'stop') void stop();
  else void running?.then((one) => one.receive(message, socket as Socket | undefined));
});
// Without a control plane there is nobody to write rows, and the next one's registry process waits for the directory.
process.on('disconnect', () => process.exit(0));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
