/**
 * Log events on a disk.
 *
 *   append → write-ahead log (shared, synced in batches) → blocks in memory → checkpoint → segments of the stream
 *
 * A checkpoint starts a new write-ahead file, writes what was in memory to segments, then each group's manifest, and
 * only then deletes the old write-ahead files. Opening reads the manifests and replays what they do not cover. So:
 * - an event is acknowledged only when it is on stable storage, and then it is never lost;
 * - no event is there twice: the manifest says, for every write-ahead file, whether its events are in segments;
 * - nothing half written is ever read: frames carry checksums, sizes come from manifests.
 * Layout: `wal/wal-<n>`, `groups/<group id>/manifest.json`, `groups/<group id>/<stream id>/<segment number>`.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import { type Block, blockOf, encodeBlock } from './event-block.ts';
import type { EventStorage, NewEvent, ReadRange, StoredEvent, StreamAddress, StreamStats } from './event-storage.ts';
import { readManifest, writeManifest } from './manifest.ts';
import { type BlockSource, mayHold, readOrdered } from './ordered-reader.ts';
import { Segments } from './segments.ts';
import { type StreamRecord, StreamState } from './stream-state.ts';
import { WriteAheadLog } from './write-ahead-log.ts';

export interface DiskEventStorageOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Bytes of the write-ahead log at which a checkpoint starts. Higher: more memory and slower starts; lower: more, smaller blocks. */
  readonly checkpointBytes?: number;
  /** Longest time between an append and its checkpoint, milliseconds. */
  readonly checkpointMs?: number;
}

interface GroupState {
  readonly streams: Map<string, StreamState>;
  /** The manifest on the disk is behind. */
  dirty: boolean;
  checkpointed: number;
}

const ADDRESS_BYTES = 64;
const PARALLEL_STREAMS = 8;

export class DiskEventStorage implements EventStorage {
  readonly #options: DiskEventStorageOptions;
  readonly #checkpointBytes: number;
  readonly #groups = new Map<string, GroupState>();
  readonly #segments = new Segments();
  #log!: WriteAheadLog;
  #checkpoint: Promise<void> | undefined;
  #timer: Timer | undefined;
  #closed = false;

  private constructor(options: DiskEventStorageOptions) {
    this.#options = options;
    this.#checkpointBytes = options.checkpointBytes ?? 8 * 1024 * 1024;
  }

  static async open(options: DiskEventStorageOptions): Promise<DiskEventStorage> {
    const storage = new DiskEventStorage(options);
    const groups = join(options.directory, 'groups');
    await mkdir(groups, { recursive: true });
    for (const groupId of await readdir(groups)) {
      const manifest = await readManifest(join(groups, groupId));
      if (!manifest) continue;
      const group = storage.#group(groupId);
      group.checkpointed = manifest.checkpointed;
      for (const [id, record] of Object.entries(manifest.streams)) group.streams.set(id, StreamState.from(record));
    }
    let replayed = 0;
    storage.#log = await WriteAheadLog.open(join(options.directory, 'wal'), (payload, number) => {
      const address = payload.toString('latin1', 0, ADDRESS_BYTES);
      const group = storage.#group(address.slice(0, 32));
      if (number <= group.checkpointed) return;
      storage.#stream(group, address.slice(32)).add(blockOf(Buffer.from(payload.subarray(ADDRESS_BYTES))));
      replayed += 1;
    });
    if (replayed > 0) await storage.#runCheckpoint();
    return storage;
  }

  #group(groupId: string): GroupState {
    let group = this.#groups.get(groupId);
    if (!group) {
      group = { streams: new Map(), dirty: false, checkpointed: 0 };
      this.#groups.set(groupId, group);
    }
    return group;
  }

  #stream(group: GroupState, streamId: string): StreamState {
    let stream = group.streams.get(streamId);
    if (!stream) {
      stream = new StreamState();
      group.streams.set(streamId, stream);
    }
    return stream;
  }

  #directory(address: StreamAddress): string {
    return join(this.#options.directory, 'groups', address.groupId, address.streamId);
  }

  async append(address: StreamAddress, events: readonly NewEvent[], ingestionTime: number): Promise<void> {
    if (events.length === 0) return;
    const stream = this.#stream(this.#group(address.groupId), address.streamId);
    const block = encodeBlock(events, stream.nextSequence, ingestionTime);
    stream.nextSequence += events.length;
    const key = Buffer.from(address.groupId + address.streamId, 'latin1');
    if (key.length !== ADDRESS_BYTES) throw new Error('the ids of log groups and streams have 32 characters each');
    const written = this.#log.append([key, block.bytes], () => {
      if (!stream.deleted) stream.add(block);
    });
    stream.writing = written.catch(() => {});
    await written;
    this.#schedule();
    // A checkpoint that cannot keep up holds its writers back instead of letting memory grow.
    if (this.#log.size > 4 * this.#checkpointBytes) await this.#checkpoint;
  }

  #schedule(): void {
    if (this.#closed || this.#checkpoint) return;
    if (this.#log.size >= this.#checkpointBytes) {
      void this.#startCheckpoint();
    } else {
      this.#timer ??= this.#options.clock.after(this.#options.checkpointMs ?? 300_000, () => {
        this.#timer = undefined;
        void this.#startCheckpoint();
      });
    }
  }

  #startCheckpoint(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#checkpoint ??= this.#runCheckpoint()
      .catch((error: unknown) => {
        // Nothing is lost: the events stay in the write-ahead log, and the next checkpoint takes them.
        this.#options.logger.error('log events could not be moved to segments', { error });
      })
      .finally(() => {
        this.#checkpoint = undefined;
      });
    return this.#checkpoint;
  }

  async #runCheckpoint(): Promise<void> {
    const work: { address: StreamAddress; stream: StreamState }[] = [];
    const last = await this.#log.rotate(() => {
      for (const [groupId, group] of this.#groups) {
        for (const [streamId, stream] of group.streams) {
          if (stream.recent.length === 0 && stream.frozen.length === 0) continue;
          stream.frozen = [...stream.frozen, ...stream.recent];
          stream.recent = [];
          group.dirty = true;
          work.push({ address: { groupId, streamId }, stream });
        }
      }
    });
    const queue = work.values();
    const drain = async () => {
      for (const { address, stream } of queue) await this.#moveToSegments(address, stream);
    };
    const results = await Promise.allSettled(Array.from({ length: PARALLEL_STREAMS }, drain));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    for (const [groupId, group] of this.#groups) if (group.dirty) await this.#writeManifest(groupId, group, last);
    await this.#log.forget(last);
  }

  async #moveToSegments(address: StreamAddress, stream: StreamState): Promise<void> {
    const directory = this.#directory(address);
    try {
      const segments = await this.#segments.append(directory, stream.segments, stream.nextSegment, stream.frozen);
      stream.frozen = [];
      stream.segments = segments;
    } catch (error) {
      // A stream that is deleted meanwhile takes its directory away.
      if (!stream.deleted) throw error;
    }
    if (stream.deleted) await rm(directory, { recursive: true, force: true });
  }

  async #writeManifest(groupId: string, group: GroupState, checkpointed: number): Promise<void> {
    const streams: Record<string, StreamRecord> = {};
    for (const [id, stream] of group.streams) if (stream.segments.length > 0) streams[id] = stream.record();
    group.dirty = false;
    try {
      await writeManifest(join(this.#options.directory, 'groups', groupId), { version: 1, checkpointed, streams });
      group.checkpointed = checkpointed;
    } catch (error) {
      group.dirty = true;
      throw error;
    }
  }

  async *read(address: StreamAddress, range: ReadRange): AsyncGenerator<StoredEvent> {
    const stream = this.#groups.get(address.groupId)?.streams.get(address.streamId);
    if (!stream) return;
    const directory = this.#directory(address);
    // A writer that lost an answer reads the end of its stream to learn whether its put was taken: it must not be told
    // before the put's fate is known.
    await stream.writing;
    // Taken together and before anything is awaited: a checkpoint moves blocks between these lists.
    const segments = stream.segments.map((segment) => ({ ...segment }));
    const inMemory: readonly Block[] = [...stream.frozen, ...stream.recent];
    const sources: BlockSource[] = inMemory.map((block) => ({ ...block, open: () => block }));
    for (const segment of segments) {
      if (!mayHold(segment, range)) continue;
      for (const place of await this.#segments.index(directory, segment)) {
        if (place.offset >= segment.size) break;
        sources.push({ ...place, open: () => this.#segments.readBlock(directory, segment, place) });
      }
    }
    yield* readOrdered(sources, range);
  }

  stats(address: StreamAddress): StreamStats | undefined {
    return this.#groups.get(address.groupId)?.streams.get(address.streamId)?.stats();
  }

  storedBytes(groupId: string): number {
    let sum = 0;
    for (const stream of this.#groups.get(groupId)?.streams.values() ?? []) sum += stream.stats()?.storedBytes ?? 0;
    return sum;
  }

  async deleteStream(address: StreamAddress): Promise<void> {
    const group = this.#groups.get(address.groupId);
    const stream = group?.streams.get(address.streamId);
    if (!group || !stream) return;
    stream.deleted = true;
    group.streams.delete(address.streamId);
    group.dirty = true;
    await rm(this.#directory(address), { recursive: true, force: true });
    this.#segments.forget(this.#directory(address));
  }

  async deleteGroup(groupId: string): Promise<void> {
    const group = this.#groups.get(groupId);
    if (!group) return;
    for (const stream of group.streams.values()) stream.deleted = true;
    this.#groups.delete(groupId);
    const directory = join(this.#options.directory, 'groups', groupId);
    await this.#checkpoint;
    await rm(directory, { recursive: true, force: true });
    this.#segments.forget(directory);
  }

  async expire(groupId: string, beforeMs: number): Promise<void> {
    const group = this.#groups.get(groupId);
    if (!group) return;
    await this.#checkpoint;
    for (const [streamId, stream] of group.streams) {
      if (stream.frozen.length > 0) continue;
      const old = stream.segments.filter((segment) => segment.maxTimestamp < beforeMs);
      if (old.length === 0) continue;
      stream.segments = stream.segments.filter((segment) => !old.includes(segment));
      group.dirty = true;
      for (const segment of old) await this.#segments.remove(this.#directory({ groupId, streamId }), segment);
    }
  }

  *streams(): Iterable<StreamAddress> {
    for (const [groupId, group] of this.#groups) {
      for (const streamId of group.streams.keys()) yield { groupId, streamId };
    }
  }

  /** Moves everything to segments, so that the next start has nothing to replay. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#checkpoint;
    await this.#runCheckpoint();
    await this.#log.close();
  }

  /** Lets go of its files without a checkpoint: the directory is left as by a crash. */
  async abandon(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#checkpoint;
    await this.#log.close();
  }
}
