/**
 * The registry process: owns every byte of images, answers the OCI routes from a replica of the rows, and asks the control
 * plane for every change of a row. It is started by the control plane (supervisor.ts) and ends with it.
 */
import type { Socket } from 'node:net';
import { createVault } from '#keys/vault.ts';
import { systemClock } from '#lib/clock.ts';
import { createLogger, type LogLevel } from '#lib/logger.ts';
import { systemRandom } from '#lib/random.ts';
import { ReplicaView } from '#store/replica-view.ts';
import { createAccess } from '../access.ts';
import { expireUploads } from '../blob-store/expire-uploads.ts';
import { openFsBlobStore } from '../blob-store/fs/fs-blob-store.ts';
import { createCallers } from '../callers.ts';
import type { RegistryControl } from '../control.ts';
import { createGatewayHandlers } from '../gateway.ts';
import { startServer } from '../http/server.ts';
import { createManifestAnswers } from '../manifest-answers.ts';
import { createPullRecorder } from '../pull-recorder.ts';
import { createRespond } from '../routes/route.ts';
import { createUploadNames } from '../upload-names.ts';
import { type FromRegistry, followedTables, type StartMessage, type ToRegistry } from './messages.ts';
import { createRpc } from './rpc.ts';

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
  const vault = createVault(toBuffer(options.rootKey), random);
  const blobs = await openFsBlobStore({ directory: options.directory, clock, random, logger });
  const view = new ReplicaView(followedTables, (error) => logger.error('a derivation failed', { error }));
  const rpc = createRpc<RegistryControl>({
    send: say,
    handlers: createGatewayHandlers(blobs),
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
  });
  const access = createAccess({ view, callers, clock, random, region: options.region });
  const pulls = createPullRecorder({
    clock,
    send: (told) => {
      control.recordPulls({ pulls: told }).catch((error: unknown) => logger.warn('pulls were not recorded', { error }));
    },
  });
  const respond = createRespond({
    view,
    blobs,
    access,
    control,
    answers: createManifestAnswers(blobs),
    pulls,
    uploadNames: createUploadNames(vault),
    vault,
    clock,
    logger,
    createOnPush: options.createOnPush,
  });
  const api = { host: options.apiHost, port: options.apiPort };
  const server = await startServer({ respond, logger, secret: options.secret, api });
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
      pulls.flush();
      await server.close();
      await blobs.close();
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
// Without a control plane there is nobody to write rows, and another registry process may come: this one ends.
process.on('disconnect', () => void stop());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
