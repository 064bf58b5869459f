/** A blob that is open for reading from S3: one request a stream, taken up again where a broken connection left it. */
import type { Clock } from '#lib/clock.ts';
import type { BlobSource } from '../blob-store.ts';
import type { Bucket } from './bucket.ts';
import { s3Error } from './errors.ts';

const retries = 4;
const firstPauseMs = 100;

export class S3Source implements BlobSource {
  readonly sizeBytes: number;
  readonly #options: {
    readonly bucket: Bucket;
    readonly key: string;
    readonly clock: Clock;
    readonly closed: () => void;
  };
  #isClosed = false;

  constructor(options: {
    readonly bucket: Bucket;
    readonly key: string;
    readonly sizeBytes: number;
    readonly clock: Clock;
    /** Called once. */
    readonly closed: () => void;
  }) {
    this.#options = options;
    this.sizeBytes = options.sizeBytes;
  }

  async *stream(start: number, end: number): AsyncGenerator<Buffer> {
    const { bucket, key, clock } = this.#options;
    let at = start;
    for (let failures = 0; at < end; ) {
      try {
        const found = await bucket.get(key, { start: at, end });
        if (!found) throw new Error('the blob is gone');
        let position = found.startsAt;
        for await (const all of found.body) {
          const piece = (all as Buffer).subarray(Math.max(0, at - position), end - position);
          position += (all as Buffer).length;
          if (piece.length === 0) continue;
          at += piece.length;
          failures = 0;
          yield piece;
          if (at >= end) break;
        }
        if (at < end) throw new Error('the answer is shorter than the blob');
      } catch (error) {
        failures += 1;
        if (failures > retries || this.#isClosed) throw s3Error(error);
        await clock.sleep(firstPauseMs * 2 ** (failures - 1));
      }
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.closed();
  }
}
