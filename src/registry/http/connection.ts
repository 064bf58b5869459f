/**
 * One connection of the registry, from its handle: requests are read and answered here without node:http, which costs three times
 * as much for small ones and reads large ones in too small pieces. It knows of HTTP/1.1 what clients of registries use; a
 * request that is anything else goes with its connection to node:http for good (escalate.ts).
 *
 * - Requests are answered in their order, one after the other.
 * - What a head may look like is decided strictly (head.ts): in doubt it is node:http's.
 * - A body that nobody has read to its end is thrown away when it is short, else the connection ends with the answer. So it
 *   does when the client was never told to send the body: nobody knows whether it does.
 * - A client that does not read its answers gets no more of them: the next request waits until they have left.
 * - After an answer that ends the connection nothing that comes is a request.
 */
import { Socket } from 'node:net';
import { systemClock, type Timer } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import { ClientGone, type RegistryRequest, type Reply } from '../request.ts';
import type { Respond } from '../routes/route.ts';
import { Body } from './body.ts';
import { passedOnHeaderName, readPassedOn } from './forward.ts';
import { type Head, readHead } from './head.ts';
import { startLine, writeReply } from './write-reply.ts';

export interface ConnectionOptions {
  readonly respond: Respond;
  readonly logger: Logger;
  /** What processes of ours tell each other by. */
  readonly secret: string;
  /** Takes the connection over for good; `head` is what has been read and not answered. */
  readonly escalate: (socket: Socket, head: Buffer) => (bytes: Buffer) => boolean;
}

/** A head that is longer is not for us. */
const maxHeadBytes = 16 * 1024;
/** Nothing moves for so long: the client has gone, or its upload has stalled. */
const idleTimeoutMs = 120_000;
/** A head that takes longer is not meant to be answered; shorter: slow lines are cut off. */
const headTimeoutMs = 60_000;
/** So long a client that still sends may take to read the last answer. */
const lingerMs = 10_000;
/** What is left of a body after its answer is read up to here, so that the connection can go on. */
const maxDiscardBytes = 8 * 2 ** 20;

const continueLine = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n');

type WithHandle = Socket & { _handle: unknown };

export class Connection {
  readonly socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #remoteAddress: string;
  /** Where heads are read to. */
  readonly #headSpace = Buffer.allocUnsafeSlow(maxHeadBytes);
  /** Where the next read goes: it was said after the one before. */
  #registered: Buffer = this.#headSpace;
  #buffered: Buffer | undefined;
  /** Of a body that has no room for it. */
  #held: Buffer | undefined;
  #body: Body | undefined;
  #busy = false;
  #ended = false;
  /** The last answer is on its way. */
  #closing = false;
  #running = false;
  #headTimer: Timer | undefined;
  #headers: Head['headers'] | undefined;
  /** Once node:http has the connection. */
  #foreign: ((bytes: Buffer) => boolean) | undefined;

  /** `from` is the socket that stood for the connection before; it is of no use afterwards. */
  constructor(from: Socket, first: Buffer, options: ConnectionOptions) {
    this.#options = options;
    this.#remoteAddress = from.remoteAddress ?? '';
    const before: Buffer[] = first.length > 0 ? [first] : [];
    for (let chunk = from.read(); chunk !== null; chunk = from.read()) before.push(chunk);
    const { _handle: handle } = from as WithHandle;
    (from as WithHandle)._handle = null;
    const onread = {
      buffer: () => this.#space(),
      callback: (count: number, bytes: Uint8Array) => this.#received(count, bytes),
    };
    const socketOptions = { handle, readable: true, writable: true, onread };
    this.socket = new Socket(socketOptions as ConstructorParameters<typeof Socket>[0]);
    this.socket.setNoDelay(true);
    this.socket.setTimeout(idleTimeoutMs, () => this.socket.destroy());
    this.socket.on('error', () => this.socket.destroy());
    this.socket.on('end', () => this.#onEnd());
    this.socket.on('close', () => {
      this.#headTimer?.cancel();
      this.#body?.fail(new ClientGone('the client has gone'));
    });
    if (before.length > 0) this.#buffered = before.length === 1 ? before[0] : Buffer.concat(before);
    this.#run();
    this.socket.resume();
  }

  #space(): Buffer {
    this.#registered = this.#body && !this.#body.done ? this.#body.space() : this.#headSpace;
    return this.#registered;
  }

  /** False stops the reading until the socket is resumed. */
  #received(count: number, bytes: Uint8Array): boolean {
    const body = this.#body && !this.#body.done ? this.#body : undefined;
    if (body && this.#registered !== this.#headSpace) return body.received(count, bytes);
    if (this.#closing) return true;
    const copy = Buffer.from(bytes.subarray(0, count));
    if (body) return this.#feed(body, copy);
    if (this.#foreign) return this.#foreign(copy);
    this.#buffered = this.#buffered ? Buffer.concat([this.#buffered, copy]) : copy;
    if (!this.#busy) this.#run();
    return !(this.#busy && this.#buffered !== undefined && this.#buffered.length > maxHeadBytes);
  }

  /** Bytes of a body that were read to elsewhere. False when there is no room for more. */
  #feed(body: Body, bytes: Buffer): boolean {
    const left = bytes.subarray(body.prepend(bytes));
    if (body.done) {
      if (left.length > 0) body.rest = body.rest ? Buffer.concat([body.rest, left]) : left;
      return true;
    }
    if (left.length > 0) this.#held = left;
    return left.length === 0 && !body.isFull;
  }

  /** The body has room again. */
  #resume(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held && this.#body && !this.#feed(this.#body, held)) return;
    this.socket.resume();
  }

  #onEnd(): void {
    this.#ended = true;
    this.#body?.fail(new ClientGone('the client has gone'));
    if (!this.#busy && !this.#foreign) this.socket.end();
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      this.#answerAll();
    } finally {
      this.#running = false;
    }
  }

  #answerAll(): void {
    while (!this.#busy && !this.#closing && this.#buffered && !this.socket.destroyed) {
      const head = readHead(this.#buffered, this.#headers);
      if (head === 'incomplete' && this.#buffered.length < maxHeadBytes && !this.#ended) {
        this.#headTimer ??= systemClock.after(headTimeoutMs, () => this.socket.destroy());
        return;
      }
      this.#headTimer?.cancel();
      this.#headTimer = undefined;
      if (typeof head === 'string') {
        this.#foreign = this.#options.escalate(this.socket, this.#buffered);
        this.#buffered = undefined;
        return;
      }
      this.#headers = head.headers;
      const rest = this.#buffered.subarray(head.length);
      this.#buffered = rest.length === 0 ? undefined : rest;
      this.#answer(head);
    }
  }

  #openBody(head: Head): Body | undefined {
    if (head.bodyLength === 'none') return undefined;
    const body = new Body({
      length: head.bodyLength === 'chunked' ? undefined : head.bodyLength,
      resume: () => this.#resume(),
      begin: () => {
        if (head.expectsContinue && !body.done) this.socket.write(continueLine);
      },
    });
    this.#body = body;
    const bytes = this.#buffered;
    this.#buffered = undefined;
    if (bytes) this.#feed(body, bytes);
    return body;
  }

  #isLast(head: Head): boolean {
    const body = this.#body;
    if (head.close || this.#ended) return true;
    if (body === undefined || body.done) return false;
    return body.remaining > maxDiscardBytes || (head.expectsContinue && !body.isBegun);
  }

  #answer(head: Head): void {
    const { parsed } = head.headers;
    this.#busy = true;
    const body = this.#openBody(head);
    const client = readPassedOn(parsed.get(passedOnHeaderName), this.#options.secret);
    const request: RegistryRequest = {
      method: head.method,
      path: head.path,
      query: head.query,
      host: parsed.get('host'),
      authorization: parsed.get('authorization'),
      userAgent: parsed.get('user-agent') ?? '',
      remoteAddress: client?.address ?? this.#remoteAddress,
      secure: client?.secure ?? false,
      header: (name) => parsed.get(name),
      body,
    };
    const answer = this.#options.respond(request);
    if (answer instanceof Promise) void answer.then((reply) => this.#send(request, reply, head));
    else this.#send(request, answer, head);
  }

  #send(request: RegistryRequest, reply: Reply, head: Head): void {
    const { socket } = this;
    const close = this.#isLast(head);
    if (reply.prebuilt && !close && !this.#body) {
      socket.write(Buffer.concat([startLine(), reply.prebuilt]));
      this.#finish(false);
      return;
    }
    writeReply(socket, request.method, reply, close).then(
      () => this.#finish(close),
      (error: unknown) => {
        this.#options.logger.debug('an answer could not be sent', { path: request.path, error });
        socket.destroy();
      },
    );
  }

  #finish(close: boolean): void {
    const body = this.#body;
    if (close || this.#ended) {
      this.#closing = true;
      this.#busy = false;
      this.#buffered = undefined;
      body?.discard();
      this.#endSlowly();
      return;
    }
    if (body && !body.done) {
      body.onDone = () => this.#finish(false);
      body.discard();
      return;
    }
    if (body) {
      if (body.rest) this.#buffered = this.#buffered ? Buffer.concat([body.rest, this.#buffered]) : body.rest;
      // The next read would go to a buffer that is another body's by then.
      if (this.#registered === this.#headSpace) body.release();
      this.#body = undefined;
    }
    if (this.socket.destroyed) return;
    if (this.socket.writableLength >= this.socket.writableHighWaterMark) {
      this.socket.once('drain', () => this.#goOn());
      return;
    }
    this.#goOn();
  }

  #goOn(): void {
    this.#busy = false;
    if (this.socket.destroyed) return;
    if (this.#ended && !this.#buffered) {
      this.socket.end();
      return;
    }
    this.socket.resume();
    if (this.#buffered) this.#run();
  }

  /** What the client still sends is read for a while, so that the answer is not lost to a reset of the connection. */
  #endSlowly(): void {
    const { socket } = this;
    socket.resume();
    socket.end(() => {
      const timer = systemClock.after(lingerMs, () => socket.destroy());
      socket.once('close', () => timer.cancel());
    });
  }
}
