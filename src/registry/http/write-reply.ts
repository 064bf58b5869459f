/** An answer as bytes on a socket. */
import { STATUS_CODES } from 'node:http';
import type { Writable } from 'node:stream';
import { systemClock } from '#lib/clock.ts';
import type { Reply } from '../request.ts';

let line = Buffer.alloc(0);
let lineSecond = -1;

const dateHeader = (): string => `Date: ${new Date(systemClock.now()).toUTCString()}\r\n`;

/** Status line and date of a 200, made once a second. */
export function startLine(): Buffer {
  const second = Math.floor(systemClock.now() / 1000);
  if (second !== lineSecond) {
    lineSecond = second;
    line = Buffer.from(`HTTP/1.1 200 OK\r\n${dateHeader()}`, 'latin1');
  }
  return line;
}

/** Resolves when the bytes have left the process: only then may their memory be used again. */
export function written(stream: Writable, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    // A socket that closes under a write calls back with an error, but one that is closed already may not at all.
    if (stream.destroyed) return reject(new Error('the client has gone'));
    stream.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

/** Sends the blob of an answer and closes it, whatever happens. */
export async function sendBlob(stream: Writable, blob: NonNullable<Reply['blob']>): Promise<void> {
  try {
    for await (const piece of blob.source.stream(blob.start, blob.end)) {
      const sent = written(stream, piece);
      stream.uncork();
      await sent;
    }
  } finally {
    stream.uncork();
    await blob.source.close();
  }
}

export async function writeReply(socket: Writable, method: string, reply: Reply, close: boolean): Promise<void> {
  const { status, headers } = reply;
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${dateHeader()}`;
  for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
  const body = reply.body === undefined ? undefined : Buffer.from(reply.body as string);
  const bodiless = status === 204 || status === 304;
  if (!bodiless && !reply.blob && headers['Content-Length'] === undefined) {
    head += `Content-Length: ${body?.length ?? 0}\r\n`;
  }
  head += close ? 'Connection: close\r\n\r\n' : '\r\n';
  const bytes = Buffer.from(head, 'latin1');
  if (reply.blob && method !== 'HEAD') {
    // The head goes with the first piece.
    socket.cork();
    socket.write(bytes);
    return sendBlob(socket, reply.blob);
  }
  socket.write(body && method !== 'HEAD' && !bodiless ? Buffer.concat([bytes, body]) : bytes);
}
