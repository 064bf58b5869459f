/**
 * A websocket without a socket: two ends in memory with the few members of `ws` that both sides of the agent link use.
 * What happens to a message on its way is the network's business.
 */
import type { WebSocket } from 'ws';
import type { Life } from './clock.ts';

// biome-ignore lint/suspicious/noExplicitAny: listeners of several events in one list
type Listener = (...args: any[]) => void;

export interface Carrier {
  /** Brings `deliver` about at the other end, once, never or several times. */
  carry(text: string, deliver: () => void): void;
  /** How long a message takes now; undefined when nothing gets through. */
  latencyMs(): number | undefined;
  after(delayMs: number, fn: () => void): void;
}

/** The closing handshake is given up after this. */
const closeWaitMs = 30_000;

export class SimSocket {
  readonly OPEN = 1;
  readyState = 1;
  readonly #life: Life;
  readonly #carrier: Carrier;
  readonly #listeners = new Map<string, Listener[]>();
  #held: string[] | undefined;
  peer!: SimSocket;

  constructor(life: Life, carrier: Carrier) {
    this.#life = life;
    this.#carrier = carrier;
  }

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return this;
  }

  #emit(event: string, ...args: unknown[]): void {
    if (this.#life.dead) return;
    for (const listener of this.#listeners.get(event) ?? []) listener(...args);
  }

  pause(): void {
    this.#held ??= [];
  }

  resume(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const text of held) this.#arrive(text);
  }

  #arrive(text: string): void {
    if (this.readyState === 3) return;
    if (this.#held) this.#held.push(text);
    else this.#emit('message', text, false);
  }

  send(text: string): void {
    if (this.#life.dead || this.readyState !== 1) return;
    this.#carrier.carry(text, () => this.peer.#arrive(text));
  }

  close(code = 1000): void {
    if (this.#life.dead || this.readyState !== 1) return;
    this.readyState = 2;
    const latencyMs = this.#carrier.latencyMs();
    if (latencyMs === undefined) {
      this.#carrier.after(closeWaitMs, () => this.ended(1006));
      return;
    }
    this.#carrier.after(latencyMs, () => this.peer.ended(code));
    this.#carrier.after(2 * latencyMs, () => this.ended(code));
  }

  terminate(): void {
    if (this.#life.dead || this.readyState === 3) return;
    const latencyMs = this.#carrier.latencyMs();
    if (latencyMs !== undefined) this.#carrier.after(latencyMs, () => this.peer.ended(1006));
    this.ended(1006);
  }

  /** The connection is over at this end. */
  ended(code: number): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#emit('close', code);
  }

  get isDead(): boolean {
    return this.#life.dead || this.readyState === 3;
  }

  /** As the rooms know it; they use no more of a websocket than is here. */
  get asWebSocket(): WebSocket {
    return this as unknown as WebSocket;
  }
}
