/**
 * The TLS process as the control plane sees it: started when there is something to listen for, told what, and started again
 * when it dies.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Backoff, backoffMs } from '#lib/backoff.ts';
import type { Clock, Timer } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { FromTls, TlsListener, ToTls } from './messages.ts';

const program = fileURLToPath(new URL('./main.ts', import.meta.url));
const restartBackoff: Backoff = { firstMs: 200, maxMs: 30_000, factor: 2, jitter: 0.2 };
const settledMs = 60_000;
const stopGraceMs = 5_000;

/** The process could not listen: `code` is that of the system. */
export class ListenError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface TlsProcess {
  /** Answers the port, or rejects with ListenError. The same name again changes what there is. */
  listen(listener: TlsListener): Promise<number>;
  unlisten(name: TlsListener['name']): void;
  close(): Promise<void>;
}

export interface TlsOptions {
  /** Where the control plane answers without TLS; asked when the process starts. */
  readonly target: () => { readonly host: string; readonly port: number };
  readonly secret: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Wanted {
  listener: TlsListener;
  resolve: (port: number) => void;
  reject: (error: Error) => void;
}

export function createTlsProcess({ target, secret, clock, random, logger }: TlsOptions): TlsProcess {
  const wanted = new Map<TlsListener['name'], Wanted>();
  let child: ChildProcess | undefined;
  let restart: Timer | undefined;
  let failures = 0;
  let stopping = false;

  const send = (message: ToTls) => {
    if (child?.connected) child.send(message, undefined, undefined, () => {});
  };

  const receive = (message: FromTls) => {
    if (message.kind === 'log') {
      const { level, message: text, time: _, ...fields } = JSON.parse(message.line);
      logger[level as 'info'](text, fields);
      return;
    }
    const one = wanted.get(message.name);
    if (message.kind === 'listening') one?.resolve(message.port);
    else one?.reject(new ListenError(message.code, message.message));
  };

  const start = () => {
    const startedAt = clock.now();
    const one = fork(program, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], detached: true });
    child = one;
    one.stderr?.on('data', (text: Buffer) => logger.error('the TLS process says', { text: text.toString() }));
    one.on('message', receive);
    send({ kind: 'start', ...target(), secret });
    for (const { listener } of wanted.values()) send({ kind: 'listen', listener });
    let ended = false;
    const onEnd = (how: string) => {
      if (ended) return;
      ended = true;
      if (child === one) child = undefined;
      if (stopping || wanted.size === 0) return;
      failures = clock.now() - startedAt > settledMs ? 1 : failures + 1;
      const delayMs = backoffMs(restartBackoff, failures, random);
      logger.warn('the TLS process has ended; it is started again', { how, delayMs: Math.round(delayMs) });
      restart = clock.after(delayMs, () => {
        restart = undefined;
        start();
      });
    };
    one.once('error', (error) => onEnd(error.message));
    one.once('exit', (code, signal) => onEnd(signal ? `killed by ${signal}` : `exit code ${code}`));
  };

  return {
    listen(listener) {
      const answer = new Promise<number>((resolve, reject) => wanted.set(listener.name, { listener, resolve, reject }));
      if (child) send({ kind: 'listen', listener });
      else if (!restart && !stopping) start();
      return answer;
    },
    unlisten(name) {
      if (wanted.delete(name)) send({ kind: 'unlisten', name });
    },
    async close() {
      stopping = true;
      restart?.cancel();
      const one = child;
      if (!one || one.exitCode !== null) return;
      const exited = new Promise<void>((resolve) => one.once('exit', () => resolve()));
      send({ kind: 'stop' });
      const kill = clock.after(stopGraceMs, () => one.kill('SIGKILL'));
      await exited;
      kill.cancel();
    },
  };
}
