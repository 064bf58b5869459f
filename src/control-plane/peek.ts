/**
 * Whose a new connection is, by the first bytes of its first request: the registry's below `/v2`, else the API server's. A TLS
 * hello is refused at once, because clients that try TLS first wait for the refusal.
 */
import type { Socket } from 'node:net';

export interface PeekTargets {
  /** The bytes that were read are in the socket again. */
  readonly accept: (socket: Socket) => void;
  /** Nothing more has been read than `head`, and nothing more will be. */
  readonly take: (socket: Socket, head: Buffer) => void;
}

const tlsHandshake = 0x16;
/** A client that says nothing for longer holds a connection for nothing. */
const silenceTimeoutMs = 60_000;

const start = /^[A-Z]{1,16} (?:https?:\/\/[^/ ]*)?\/v2[/ ?]/;
/** `POST /v2/` may come in pieces. */
const undecided = /^[A-Z]{1,16}(?: (?:\/(?:v(?:2)?)?)?)?$/;

/**
 * Synchronously: whatever comes from now on stays in the kernel for the process that gets the connection. `pause` would
 * not do, it stops reading only after one more read; the stream is left to believe that it reads, so that it does not
 * start again while the connection waits for its turn on the channel. Answers what the stream holds already.
 */
function stopReading(socket: Socket): Buffer[] {
  (socket as Socket & { _handle?: { readStop(): number } })._handle?.readStop();
  const held: Buffer[] = [];
  for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) held.push(chunk);
  return held;
}

export function peek(socket: Socket, { accept, take }: PeekTargets): void {
  let head: Buffer | undefined;
  const giveUp = () => socket.destroy();
  const onData = (chunk: Buffer) => {
    head = head ? Buffer.concat([head, chunk]) : chunk;
    if (head[0] === tlsHandshake) return giveUp();
    const text = head.toString('latin1', 0, 256);
    if (undecided.test(text)) return;
    socket.off('data', onData).off('end', giveUp).off('error', giveUp).off('timeout', giveUp);
    socket.setTimeout(0);
    if (start.test(text)) {
      const held = stopReading(socket);
      // Nobody hears of an error until the other process has it.
      socket.on('error', () => {});
      return take(socket, held.length > 0 ? Buffer.concat([head, ...held]) : head);
    }
    socket.pause();
    socket.unshift(head);
    accept(socket);
    socket.resume();
  };
  socket.on('data', onData).on('end', giveUp).on('error', giveUp).on('timeout', giveUp);
  socket.setTimeout(silenceTimeoutMs);
}
