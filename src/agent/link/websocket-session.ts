import WebSocket from 'ws';
import { type Backoff, backoffMs } from '#lib/backoff.ts';
import type { Clock, Timer } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { Envelope } from '#model/agent-messages.ts';
import type { LinkSigner } from './signing.ts';

/**
 * A websocket that is kept open: connect, read messages, and connect again when it ends. A normal end (1000, 1001,
 * 1006, 1011) is followed at once, anything else by a growing delay; no application message for 60 to 120 s ends it
 * from here; and after about half an hour it is renewed.
 */
export interface SessionOptions {
  readonly name: string;
  /** Where to connect, query included; asked before every connection. */
  readonly url: () => Promise<URL>;
  readonly signer: LinkSigner;
  /** Opens the socket, paused; rejects with RefusedError when the server says no. Default: a real websocket. */
  readonly connect?: ConnectSocket;
  readonly backoff: Backoff;
  readonly onOpen: (send: (text: string) => void, url: URL) => void;
  readonly onMessage: (message: Envelope) => void | Promise<void>;
  readonly onClose?: () => void;
  /** A connection could not be made. */
  readonly onConnectFailed?: (error: Error) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export type ConnectSocket = (url: URL, headers: Record<string, string>) => Promise<WebSocket>;

export interface Session {
  close(): void;
}

/** Shorter: idle links are cut while nothing is wrong. Longer: a dead control plane goes unnoticed. */
const inactivityMs = 60_000;
const connectionLifeMs = 30 * 60_000;
const connectionLifeJitterMs = 5 * 60_000;
const handshakeTimeoutMs = 30_000;
/** For the server's half of the closing handshake. */
const closeGraceMs = 1_000;
/** A server that closes at once, again and again, is not followed at once. */
const briefMs = 1_000;
const healthyAfterMs = 60_000;
/** The instance was deregistered: ask again only after this. */
const inactiveInstanceMs = 3_600_000;

const normalCloseCodes: ReadonlySet<number> = new Set([1000, 1001, 1006, 1011]);

export class RefusedError extends Error {
  readonly exception: string | undefined;
  constructor(status: number | undefined, body: string) {
    super(`the handshake was refused with status ${status}: ${body.slice(0, 500)}`);
    this.exception = /InactiveInstanceException/.exec(body)?.[0];
  }
}

function connect(url: URL, headers: Record<string, string>): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers, handshakeTimeout: handshakeTimeoutMs, perMessageDeflate: false });
    socket.once('open', () => {
      // The first messages may lie right behind the handshake: they wait until somebody listens.
      socket.pause();
      resolve(socket);
    });
    socket.once('error', reject);
    socket.once('unexpected-response', (request, response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        request.destroy();
        reject(new RefusedError(response.statusCode, Buffer.concat(chunks).toString('utf8')));
      });
      response.on('error', reject);
    });
  });
}

function readEnvelope(data: WebSocket.RawData): Envelope | undefined {
  try {
    const value = JSON.parse(data.toString()) as Envelope | null;
    return value && typeof value.type === 'string' && typeof value.message === 'object' && value.message
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}

/** Handles one connection until it has closed. Answers the close code. */
function serve(socket: WebSocket, url: URL, options: SessionOptions): Promise<number> {
  const { clock, random, logger, name } = options;
  return new Promise((resolve) => {
    let quiet: Timer | undefined;
    const heard = () => {
      quiet?.cancel();
      quiet = clock.after(inactivityMs * (1 + random.unit()), () => {
        logger.warn('no message for too long; reconnecting', { session: name });
        socket.terminate();
      });
    };
    const life = clock.after(connectionLifeMs + random.unit() * connectionLifeJitterMs, () =>
      socket.close(1000, 'ConnectionExpired: Reconnect to continue'),
    );
    socket.on('error', (error) => logger.debug('websocket error', { session: name, error }));
    // Messages are handled in order, one after the other.
    let handled = Promise.resolve();
    socket.on('message', (data) => {
      heard();
      const envelope = readEnvelope(data);
      if (!envelope) return logger.warn('message that cannot be read; dropped', { session: name });
      handled = handled
        .then(() => options.onMessage(envelope))
        .catch((error: unknown) =>
          logger.error('handling a message failed', { session: name, type: envelope.type, error }),
        );
    });
    socket.on('close', (code) => {
      quiet?.cancel();
      life.cancel();
      resolve(code);
    });
    heard();
    options.onOpen((text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    }, url);
    socket.resume();
  });
}

export function startSession(options: SessionOptions): Session {
  const { clock, random, logger, name } = options;
  const abort = new AbortController();
  let current: WebSocket | undefined;

  /** How long to wait before the next try. */
  const once = async (failures: number): Promise<{ readonly delayMs: number; readonly failed: boolean }> => {
    const sinceMs = clock.now();
    try {
      const url = await options.url();
      const { host: _host, ...headers } = await options.signer.sign(url);
      current = await (options.connect ?? connect)(url, headers);
      if (abort.signal.aborted) current.terminate();
      logger.info('connected', { session: name, endpoint: url.origin + url.pathname });
      const code = await serve(current, url, options);
      options.onClose?.();
      const lastedMs = clock.now() - sinceMs;
      logger.info('disconnected', { session: name, code });
      if (normalCloseCodes.has(code) && lastedMs >= briefMs) return { delayMs: 0, failed: false };
      const streak = lastedMs >= healthyAfterMs ? 1 : failures + 1;
      return { delayMs: backoffMs(options.backoff, streak, random), failed: lastedMs < healthyAfterMs };
    } catch (error) {
      if (abort.signal.aborted) return { delayMs: 0, failed: true };
      logger.warn('cannot connect', { session: name, error: (error as Error).message });
      options.onConnectFailed?.(error as Error);
      if (error instanceof RefusedError && error.exception) return { delayMs: inactiveInstanceMs, failed: true };
      return { delayMs: backoffMs(options.backoff, failures + 1, random), failed: true };
    } finally {
      current = undefined;
    }
  };

  const loop = async () => {
    let failures = 0;
    while (!abort.signal.aborted) {
      const { delayMs, failed } = await once(failures);
      failures = failed ? failures + 1 : 0;
      if (delayMs > 0) await clock.sleep(delayMs, abort.signal).catch(() => {});
    }
  };
  void loop();

  return {
    close() {
      abort.abort();
      const socket = current;
      socket?.close(1000, 'agent stops');
      clock.after(closeGraceMs, () => socket?.terminate());
    },
  };
}
