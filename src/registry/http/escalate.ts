/** A connection that node:http takes over: a stream over the socket, whose reads are handed in by who read it before. */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

class HandedOn extends Duplex {
  readonly #socket: Socket;
  readonly remoteAddress: string | undefined;

  constructor(socket: Socket) {
    super({ autoDestroy: true });
    this.#socket = socket;
    this.remoteAddress = socket.remoteAddress;
    socket.on('end', () => this.push(null));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}

/** Answers what takes the bytes that are read from now on. */
export function handOn(socket: Socket, head: Buffer, take: (stream: Duplex) => void): (bytes: Buffer) => boolean {
  const stream = new HandedOn(socket);
  take(stream);
  if (head.length > 0) stream.push(head);
  return (bytes) => stream.push(bytes);
}
