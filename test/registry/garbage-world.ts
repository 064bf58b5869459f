/**
 * Control plane and registry process in one process under a fake clock: the real store, routes, blob store, leases and
 * collector, with a channel between the two sides that delivers in order and as late as the seed says.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVault } from '#keys/vault.ts';
import { FakeClock } from '#lib/clock.ts';
import { createLogger, silentLogger } from '#lib/logger.ts';
import { seededRandom } from '#lib/random.ts';
import { createAccess } from '#registry/access.ts';
import { openFsBlobStore } from '#registry/blob-store/fs/fs-blob-store.ts';
import { type LeasedBlobStore, leaseBlobs } from '#registry/blob-store/leases.ts';
import { createCallers } from '#registry/callers.ts';
import { createRegistryControl, type RegistryControl } from '#registry/control.ts';
import { type Collector, startCollector } from '#registry/garbage/collector.ts';
import { createGarbageHandlers, type GarbageHandlers } from '#registry/garbage/handlers.ts';
import type { Rules } from '#registry/garbage/rules.ts';
import { createManifestAnswers } from '#registry/manifest-answers.ts';
import { followedTables } from '#registry/process/messages.ts';
import { createRpc, type Rpc, type RpcMessage } from '#registry/process/rpc.ts';
import { createRespond, type Respond } from '#registry/routes/route.ts';
import { createUploadNames } from '#registry/upload-names.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { createReplicaSource, type ReplicaFeed, type ReplicaMessage } from '#store/replica.ts';
import { ReplicaView } from '#store/replica-view.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';

export const graceMs = 3_600_000;

export interface WorldOptions {
  readonly seed: number;
  /** To see that a broken rule is caught. */
  readonly rules?: Rules;
  readonly lease?: (blobs: LeasedBlobStore) => LeasedBlobStore;
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** In order, each message some turns of the event loop later. */
function createChannel<M>(unit: () => number, deliver: (message: M) => void) {
  const queue: M[] = [];
  let isOpen = true;
  let isPumping = false;
  const pump = async () => {
    isPumping = true;
    while (queue.length > 0 && isOpen) {
      for (let wait = Math.floor(unit() * 4); wait > 0; wait -= 1) await turn();
      if (isOpen) deliver(queue.shift()!);
    }
    isPumping = false;
  };
  return {
    send(message: M) {
      queue.push(message);
      if (!isPumping) void pump();
    },
    close() {
      isOpen = false;
    },
  };
}

/** Says when nobody is at the store: a file that is open must not be forgotten. */
function countWork(blobs: LeasedBlobStore) {
  let active = 0;
  const count = async <T>(work: Promise<T>): Promise<T> => {
    active += 1;
    try {
      return await work;
    } finally {
      active -= 1;
    }
  };
  const counted: LeasedBlobStore = {
    ...blobs,
    write: (...input) => count(blobs.write(...input)),
    append: (...input) => count(blobs.append(...input)),
    finish: (...input) => count(blobs.finish(...input)),
    collect: (...input) => count(blobs.collect(...input)),
  };
  const idle = async () => {
    while (active > 0) await turn();
  };
  return { counted, idle };
}

interface Process {
  readonly died: Promise<never>;
  readonly blobs: LeasedBlobStore;
  readonly view: ReplicaView;
  readonly respond: Respond;
  readonly garbage: Rpc<GarbageHandlers>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Buffer;
}

export async function createWorld(options: WorldOptions) {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-garbage-'));
  const random = seededRandom(options.seed);
  const unit = () => random.unit();
  const clock = new FakeClock();
  const logger = silentLogger;
  const vault = createVault(Buffer.alloc(32, 7), random);
  const store = await Store.open({ journal: volatileJournal(), tables: allTables });
  const control = createRegistryControl({ store, clock });

  const startProcess = async (): Promise<Process> => {
    const source = createReplicaSource({ store, tables: followedTables, clock });
    const opened = await openFsBlobStore({ directory, clock, random, logger, segmentBytes: 256 * 1024 });
    const leased = (options.lease ?? ((one) => one))(leaseBlobs(opened, clock));
    const { counted: blobs, idle } = countWork(leased);
    const death = Promise.withResolvers<never>();
    death.promise.catch(() => {});
    const view = new ReplicaView(followedTables, (error) => {
      throw error;
    });
    const onError = () => {};
    let feed: ReplicaFeed | undefined;
    const toRegistry = createChannel<ReplicaMessage | RpcMessage>(unit, (message) => {
      if (message.kind === 'rpc') return inner.receive(message);
      const revision = view.apply(message);
      if (revision !== undefined) feed?.acknowledge(revision);
    });
    const toControl = createChannel<RpcMessage>(unit, (message) => garbage.receive(message));
    const handlers = createGarbageHandlers({ blobs, view });
    const inner = createRpc<RegistryControl>({ send: toControl.send, handlers, onError });
    const garbage = createRpc<GarbageHandlers>({ send: toRegistry.send, handlers: control, onError });
    feed = source.attach(toRegistry.send);
    const callers = createCallers({
      view,
      vault,
      clock,
      random,
      permissive: true,
      account: '123456789012',
      isSessionAlive: async () => true,
      onIdentified: () => {},
    });
    const respond = createRespond({
      view,
      blobs,
      callers,
      access: createAccess({ view, callers, clock, random, region: 'us-east-1' }),
      control: inner.remote,
      answers: createManifestAnswers(blobs),
      pulls: { record: () => {}, flush: () => {} },
      usage: { count: () => {}, flush: () => {} },
      pullThrough: undefined as never,
      uploadNames: createUploadNames(vault),
      vault,
      clock,
      logger: process.env['SLIPWAY_DEBUG']
        ? createLogger({ level: 'info', sink: process.stderr, now: () => 0 })
        : logger,
      createOnPush: true,
    });
    await view.ready;
    return {
      blobs,
      view,
      respond,
      garbage,
      died: death.promise,
      async close() {
        death.reject(new Error('the registry process has ended'));
        toRegistry.close();
        toControl.close();
        inner.close();
        garbage.close();
        source.close();
        await idle();
        await blobs.close();
      },
    };
  };

  const newCollector = (): Collector =>
    startCollector({
      store,
      clock,
      logger,
      remote: async () => living.garbage.remote,
      // Without a lease after the last word: what keeps blobs then is the order of messages alone.
      settings: { graceMs, sweepEveryMs: 24 * graceMs, minLeaseMs: 0 },
      ...(options.rules && { rules: options.rules }),
    });

  let living = await startProcess();
  let starting: Promise<void> | undefined;
  let collector = newCollector();

  const request = async (method: string, target: string, body?: Buffer, contentType?: string): Promise<Answer> => {
    await starting;
    const { respond, died } = living;
    const [path = '', query = ''] = target.split('?');
    const chunks =
      body &&
      (async function* () {
        yield body;
      })();
    const answer = respond({
      method,
      path,
      query,
      host: 'localhost',
      authorization: undefined,
      userAgent: 'test',
      remoteAddress: '127.0.0.1',
      secure: false,
      header: (name) => (name === 'content-type' ? contentType : undefined),
      body: chunks,
    });
    const reply = await Promise.race([answer, died]).catch(async (error: unknown) => {
      void Promise.resolve(answer).then((late) => late.blob?.source.close());
      throw error;
    });
    const pieces: Buffer[] = reply.body === undefined ? [] : [Buffer.from(reply.body as Buffer)];
    if (reply.blob) {
      const { source, start, end } = reply.blob;
      for await (const piece of source.stream(start, end)) pieces.push(Buffer.from(piece));
      await source.close();
    }
    return { status: reply.status, headers: reply.headers, body: Buffer.concat(pieces) };
  };

  return {
    store,
    clock,
    unit,
    control,
    request,
    /** As the registry process sees it. */
    get view() {
      return living.view;
    },
    get blobs() {
      return living.blobs;
    },
    get collector() {
      return collector;
    },
    /** Ends the registry process as a crash does; who waits for an answer gets none or an error. */
    async restartProcess() {
      starting = (async () => {
        await living.close();
        living = await startProcess();
      })();
      await starting;
    },
    restartCollector() {
      collector.close();
      collector = newCollector();
    },
    async close() {
      collector.close();
      await living.close();
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export type World = Awaited<ReturnType<typeof createWorld>>;
