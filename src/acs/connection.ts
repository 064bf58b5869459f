/**
 * One websocket of an agent, ACS or TCS: heartbeats, detection of dead peers, the end of its life. Knows no message but
 * the heartbeat.
 */
import type { WebSocket } from 'ws';
import type { Clock, Timer } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';
import type { Envelope } from '#model/agent-messages.ts';

/** Agents close a connection on which nothing has come for 60 s: higher than 45 s and slow networks reconnect for ever. */
export const heartbeatMs = 20_000;
/** Agents renew their connections after 30 to 35 minutes; ours ends later, so that it is a net and not the rule. */
const lifeMs = 40 * 60_000;
const lifeJitterMs = 5 * 60_000;

export const closeNormal = 1000;
export const closeGoingAway = 1001;

export interface ConnectionOptions {
  readonly socket: WebSocket;
  readonly clock: Clock;
  readonly random: Random;
  readonly heartbeat: () => Envelope;
  /** A peer that has said nothing for so long is dead. */
  readonly silenceMs: number;
  readonly onMessage: (text: string) => void;
  readonly onClose: (code: number) => void;
  readonly onError: (error: Error) => void;
}

export class Connection {
  readonly #options: ConnectionOptions;
  #heardAt: number;
  #timer: Timer | undefined;
  #life: Timer;
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { socket, clock, random } = options;
    this.#heardAt = clock.now();
    socket.on('message', (data, binary) => {
      this.#heardAt = clock.now();
      if (!binary) options.onMessage(data.toString());
    });
    socket.on('error', options.onError);
    socket.on('close', (code) => this.#ended(code));
    this.#life = clock.after(lifeMs + random.unit() * lifeJitterMs, () =>
      this.close(closeNormal, 'ConnectionExpired: Reconnect to continue'),
    );
    this.#scheduleHeartbeat();
  }

  #scheduleHeartbeat(): void {
    const { clock, silenceMs, heartbeat } = this.#options;
    this.#timer = clock.after(heartbeatMs, () => {
      if (clock.now() - this.#heardAt >= silenceMs) {
        this.#options.socket.terminate();
        this.#ended(1006);
        return;
      }
      this.send(heartbeat());
      this.#scheduleHeartbeat();
    });
  }

  #ended(code: number): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#life.cancel();
    this.#options.onClose(code);
  }

  get open(): boolean {
    return !this.#closed && this.#options.socket.readyState === this.#options.socket.OPEN;
  }

  send(envelope: Envelope): void {
    if (this.open) this.#options.socket.send(JSON.stringify(envelope));
  }

  /** Says goodbye; agents take 1000 and 1001 as a wish to reconnect at once. */
  close(code: number, reason: string): void {
    this.#options.socket.close(code, reason);
    this.#ended(code);
  }
}
