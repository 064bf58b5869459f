/**
 * The body of one request, read from the socket straight into two buffers of up to 1 MiB by turns: one is filled while the
 * other one is with whoever reads. A piece is good until the next one is asked for. Bodies have a length, or come in HTTP's
 * chunks, whose frames are taken out in place.
 */
import { RegistryError } from '../request.ts';

/** Larger: more memory for every client that pushes; smaller: more reads and writes. */
const pieceBytes = 2 ** 20;
const maxSpare = 8;
const spare: Buffer[] = [];

type Frame = 'size' | 'data' | 'end of data' | 'trailer';

export interface BodyOptions {
  /** Undefined: in chunks. */
  readonly length: number | undefined;
  /** Reading may go on: there is room again. */
  readonly resume: () => void;
  /** Somebody wants the body; before the first piece. */
  readonly begin: () => void;
}

export class Body implements AsyncIterable<Buffer> {
  readonly #options: BodyOptions;
  readonly #buffers: (Buffer | undefined)[] = [undefined, undefined];
  readonly #pieceBytes: number;
  #filling = 0;
  #filled = 0;
  /** Of the body, or of the chunk that is being read. */
  #remaining: number;
  #frame: Frame = 'size';
  #line = '';
  /** Filled and not taken yet. */
  #ready: Buffer | undefined;
  #waiting:
    | { readonly resolve: (result: IteratorResult<Buffer>) => void; readonly reject: (error: Error) => void }
    | undefined;
  #failure: Error | undefined;
  #discard = false;
  #begun = false;
  /** Every byte of it has come. */
  done: boolean;
  /** Bytes that came behind it. */
  rest: Buffer | undefined;
  onDone: (() => void) | undefined;

  constructor(options: BodyOptions) {
    this.#options = options;
    this.#remaining = options.length ?? 0;
    this.#pieceBytes = Math.min(options.length ?? pieceBytes, pieceBytes);
    this.done = options.length === 0;
  }

  /** Where the next read goes; never empty. Never more than the body has left, where that is known. */
  space(): Buffer {
    let buffer = this.#buffers[this.#filling];
    if (!buffer) {
      const wanted = this.#pieceBytes;
      buffer = wanted === pieceBytes ? (spare.pop() ?? Buffer.allocUnsafeSlow(wanted)) : Buffer.allocUnsafeSlow(wanted);
      this.#buffers[this.#filling] = buffer;
    }
    const end =
      this.#options.length === undefined ? buffer.length : Math.min(buffer.length, this.#filled + this.#remaining);
    return buffer.subarray(this.#filled, end);
  }

  /** `count` bytes are at the beginning of `space` now. False: read no more until `resume`. */
  received(count: number, space: Uint8Array): boolean {
    if (this.#options.length === undefined) {
      const problem = this.#unframe(space.byteOffset - this.#buffers[this.#filling]!.byteOffset, count);
      if (problem) {
        this.fail(new RegistryError(400, 'BLOB_UPLOAD_INVALID', problem));
        return false;
      }
    } else {
      this.#filled += count;
      this.#remaining -= count;
      this.done = this.#remaining === 0;
    }
    if (this.#discard) this.#filled = 0;
    if (this.done || this.#filled === this.#buffers[this.#filling]!.length) this.#hand();
    if (this.done) this.onDone?.();
    return this.done || !this.isFull;
  }

  /** Bytes that were read to elsewhere. Answers how many of them there was room for, or were wanted. */
  prepend(bytes: Buffer): number {
    let used = 0;
    while (used < bytes.length && !this.done) {
      const space = this.space();
      const count = Math.min(space.length, bytes.length - used);
      bytes.copy(space, 0, used, used + count);
      used += count;
      this.received(count, space);
      if (this.isFull) break;
    }
    return used;
  }

  /** Somebody has asked for it. */
  get isBegun(): boolean {
    return this.#begun;
  }

  /** Both buffers are in use. */
  get isFull(): boolean {
    return this.#ready !== undefined;
  }

  #hand(): void {
    const piece = this.#buffers[this.#filling]!.subarray(0, this.#filled);
    this.#filled = 0;
    if (this.#waiting) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      this.#filling = 1 - this.#filling;
      resolve(piece.length > 0 ? { value: piece, done: false } : { value: undefined, done: true });
    } else if (piece.length > 0) {
      this.#ready = piece;
      this.#filling = 1 - this.#filling;
    }
  }

  /** Takes the frames out of the `count` bytes that were read to `start`. Answers what is wrong with them. */
  #unframe(start: number, count: number): string | undefined {
    const buffer = this.#buffers[this.#filling]!;
    const end = start + count;
    let at = start;
    while (at < end && !this.done) {
      if (this.#frame === 'data') {
        const length = Math.min(this.#remaining, end - at);
        if (at !== this.#filled) buffer.copyWithin(this.#filled, at, at + length);
        at += length;
        this.#filled += length;
        this.#remaining -= length;
        if (this.#remaining === 0) this.#frame = 'end of data';
        continue;
      }
      const newline = buffer.indexOf(10, at);
      const lineEnd = newline < 0 || newline >= end ? end : newline + 1;
      this.#line += buffer.toString('latin1', at, lineEnd);
      at = lineEnd;
      if (this.#line.length > 1024) return 'a line of the chunked body is too long';
      if (!this.#line.endsWith('\n')) continue;
      // A line feed alone is where others see no end of a line, and so another request.
      if (!this.#line.endsWith('\r\n')) return 'a line of the chunked body ends without a carriage return';
      const problem = this.#takeLine(this.#line.slice(0, -2));
      this.#line = '';
      if (problem) return problem;
    }
    if (at < end) this.rest = Buffer.from(buffer.subarray(at, end));
    return undefined;
  }

  #takeLine(line: string): string | undefined {
    switch (this.#frame) {
      case 'size': {
        const [, size] = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line) ?? [];
        if (size === undefined) return 'the body is not in chunks';
        this.#remaining = Number.parseInt(size, 16);
        this.#frame = this.#remaining === 0 ? 'trailer' : 'data';
        return undefined;
      }
      case 'end of data':
        this.#frame = 'size';
        return line === '' ? undefined : 'a chunk is longer than it says';
      default:
        if (line === '') this.done = true;
        return undefined;
    }
  }

  /** The client has gone, or sends nonsense. What has come until then is still handed out. */
  fail(error: Error): void {
    if (this.done || this.#failure) return;
    this.#failure = error;
    if (this.#filled > 0 && !this.isFull) this.#hand();
    else if (this.#waiting) {
      this.#waiting.reject(error);
      this.#waiting = undefined;
    }
  }

  /** Nobody wants the rest. */
  discard(): void {
    this.#discard = true;
    this.#ready = undefined;
    this.#options.resume();
  }

  get remaining(): number {
    return this.#options.length === undefined ? Number.POSITIVE_INFINITY : this.#remaining;
  }

  /** The buffers may be used for another body; nobody has a piece of this one any more. */
  release(): void {
    for (const buffer of this.#buffers) {
      if (buffer?.length === pieceBytes && spare.length < maxSpare) spare.push(buffer);
    }
    this.#buffers.fill(undefined);
  }

  next(): Promise<IteratorResult<Buffer>> {
    if (!this.#begun) {
      this.#begun = true;
      this.#options.begin();
    }
    const piece = this.#ready;
    if (piece) {
      this.#ready = undefined;
      this.#options.resume();
      return Promise.resolve({ value: piece, done: false });
    }
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.done) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<Buffer> {
    return { next: () => this.next() };
  }
}
