/**
 * The one file that every append goes through: while one write and sync is under way, further appends queue up and share
 * the next, so the number of syncs does not grow with the number of streams. `rotate` starts a new file; the caller
 * deletes old ones when their events are in segments.
 */
import { type FileHandle, mkdir, open, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { FRAME_HEADER_BYTES, frame, readFrames } from './frame.ts';
import { syncDirectory } from './sync-directory.ts';

/** Bytes given to one write. Higher: a reply waits for more of its neighbours' bytes; lower: more syncs under load. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024;

interface Pending {
  readonly frame: Buffer;
  readonly onDurable: () => void;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const fileName = (number: number) => `wal-${String(number).padStart(10, '0')}`;

export class WriteAheadLog {
  readonly #directory: string;
  #file: FileHandle;
  #number: number;
  #size = 0;
  #pending: Pending[] = [];
  #busy: Promise<void> | undefined;
  #failure: Error | undefined;
  #rotation: (() => void) | undefined;

  private constructor(directory: string, file: FileHandle, number: number) {
    this.#directory = directory;
    this.#file = file;
    this.#number = number;
  }

  /** Hands every durable payload of earlier files to `replay`, cuts torn tails off, and starts a new file. */
  static async open(directory: string, replay: (payload: Buffer, fileNumber: number) => void): Promise<WriteAheadLog> {
    await mkdir(directory, { recursive: true });
    const numbers = (await readdir(directory))
      .filter((name) => /^wal-\d{10}$/.test(name))
      .map((name) => Number(name.slice(4)))
      .sort((a, b) => a - b);
    for (const number of numbers) {
      const path = join(directory, fileName(number));
      const bytes = await readFile(path);
      let end = 0;
      for (const { payload, offset } of readFrames(bytes)) {
        replay(payload, number);
        end = offset + FRAME_HEADER_BYTES + payload.length;
      }
      if (end < bytes.length) await truncate(path, end);
    }
    const number = (numbers.at(-1) ?? 0) + 1;
    const log = new WriteAheadLog(directory, await open(join(directory, fileName(number)), 'wx'), number);
    await syncDirectory(directory);
    return log;
  }

  /** Number of the file that is being written. */
  get number(): number {
    return this.#number;
  }

  /** Bytes in the file that is being written. */
  get size(): number {
    return this.#size;
  }

  /** `onDurable` runs, in the order of the appends, as soon as the payload is on stable storage. */
  append(payload: readonly Buffer[], onDurable: () => void): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#pending.push({ frame: frame(...payload), onDurable, resolve, reject });
      this.#busy ??= this.#drain();
    });
  }

  async #drain(): Promise<void> {
    while (this.#pending.length > 0) {
      this.#applyRotation();
      const batch: Pending[] = [];
      for (let size = 0; this.#pending.length > 0 && size < MAX_BATCH_BYTES; ) {
        const next = this.#pending.shift()!;
        size += next.frame.length;
        batch.push(next);
      }
      try {
        await this.#write(batch.map((pending) => pending.frame));
        for (const pending of batch) pending.onDurable();
        for (const pending of batch) pending.resolve();
      } catch (error) {
        for (const pending of batch) pending.reject(new Error('log events cannot be written', { cause: error }));
      }
    }
    this.#applyRotation();
    this.#busy = undefined;
  }

  async #write(frames: readonly Buffer[]): Promise<void> {
    if (this.#failure) throw this.#failure;
    const bytes = frames.length === 1 ? frames[0]! : Buffer.concat(frames);
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#size + done);
        done += bytesWritten;
      }
    } catch (error) {
      // A full disk: what was half written must not stay, or a later, shorter write could leave valid frames behind it.
      await this.#file.truncate(this.#size).catch((cause: unknown) => this.#fail(cause));
      throw error;
    }
    try {
      await this.#file.datasync();
    } catch (error) {
      // After a failed sync nobody knows what is on the disk.
      this.#fail(error);
      throw error;
    }
    this.#size += bytes.length;
  }

  #fail(cause: unknown): void {
    this.#failure ??= new Error('the write-ahead log of log events has failed', { cause });
  }

  async #idle(): Promise<void> {
    while (this.#busy) await this.#busy;
  }

  /**
   * Starts a new file between two batches; `onRotate` runs at that very moment, when all appends so far are durable and
   * in the old files. Answers the number of the last old file.
   */
  async rotate(onRotate: () => void): Promise<number> {
    const next = await open(join(this.#directory, fileName(this.#number + 1)), 'wx');
    await syncDirectory(this.#directory);
    const old = await new Promise<FileHandle>((resolve) => {
      this.#rotation = () => {
        const file = this.#file;
        this.#file = next;
        this.#size = 0;
        this.#number += 1;
        onRotate();
        resolve(file);
      };
      if (!this.#busy) this.#applyRotation();
    });
    const last = this.#number - 1;
    await old.close();
    return last;
  }

  #applyRotation(): void {
    const rotation = this.#rotation;
    this.#rotation = undefined;
    rotation?.();
  }

  /** Deletes the files up to `number`. */
  async forget(number: number): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      if (/^wal-\d{10}$/.test(name) && Number(name.slice(4)) <= number) await rm(join(this.#directory, name));
    }
  }

  async close(): Promise<void> {
    await this.#idle();
    this.#failure ??= new Error('the log event storage is closed');
    await this.#file.close();
  }
}
