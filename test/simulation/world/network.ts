/**
 * Between the machines, the client and the control plane: API calls and websockets as values, with the faults of a real
 * network drawn from the seed. API calls time out as the agent's own client does.
 */
import type { FakeClock } from '#lib/clock.ts';
import type { Life } from './clock.ts';
import type { Dice } from './dice.ts';
import { type Carrier, SimSocket } from './socket.ts';

export interface NetworkFaults {
  /** Shares of messages that are lost, come twice, overtake others. */
  drop: number;
  double: number;
  reorder: number;
  maxLatencyMs: number;
}

export const noNetworkFaults: NetworkFaults = { drop: 0, double: 0, reorder: 0, maxLatencyMs: 5 };

const requestTimeoutMs = 42_000;
/** What overtakes or comes twice does so within this time. */
const strayMs = 20_000;

export interface Server {
  /** Of the process that runs now; undefined while there is none. */
  readonly life: Life | undefined;
  answer(operation: string, input: unknown): Promise<unknown>;
}

class NetworkError extends Error {}

export class Network {
  faults: NetworkFaults = { ...noNetworkFaults };
  readonly partitioned = new Set<string>();
  readonly #clock: FakeClock;
  readonly #dice: Dice;
  readonly #sockets = new Set<SimSocket>();

  readonly #onServerMessage: (text: string) => void;

  constructor(clock: FakeClock, dice: Dice, onServerMessage: (text: string) => void) {
    this.#onServerMessage = onServerMessage;
    this.#clock = clock;
    this.#dice = dice;
  }

  #latencyMs(): number {
    return this.#dice.between(1, this.faults.maxLatencyMs);
  }

  /** Whether a message from or to `place` is lost now. */
  #loses(place: string): boolean {
    return this.partitioned.has(place) || this.#dice.chance(this.faults.drop);
  }

  /** One API call of `caller` at `place`. `doubled`: the network may bring it twice. */
  request(caller: Life, place: string, server: Server, operation: string, input: unknown, doubled: boolean) {
    return new Promise<unknown>((resolve, reject) => {
      const fail = (name: string) => {
        if (!caller.dead) reject(Object.assign(new NetworkError(name), { name }));
      };
      const timer = caller.clock.after(requestTimeoutMs, () => fail('TimeoutError'));
      const reply = (settle: () => void) => {
        if (this.#loses(place)) return;
        this.#clock.after(this.#latencyMs(), () => {
          timer.cancel();
          if (!caller.dead) settle();
        });
      };
      const arrive = () => {
        const { life } = server;
        if (!life) return reply(() => fail('ECONNREFUSED'));
        server.answer(operation, structuredClone(input)).then(
          (output) => reply(() => resolve(structuredClone(output))),
          (error: unknown) => reply(() => reject(error)),
        );
      };
      if (this.#loses(place)) return;
      this.#clock.after(this.#latencyMs(), arrive);
      if (doubled && this.#dice.chance(this.faults.double)) this.#clock.after(this.#dice.between(1, strayMs), arrive);
    });
  }

  #carrier(place: string, reset: () => void, onSend: (text: string) => void): Carrier {
    let lastAt = 0;
    return {
      latencyMs: () => (this.partitioned.has(place) ? undefined : this.#latencyMs()),
      after: (delayMs, fn) => void this.#clock.after(delayMs, fn),
      carry: (text, deliver) => {
        onSend(text);
        if (this.partitioned.has(place)) return;
        if (this.#dice.chance(this.faults.drop)) {
          // Half of the time as TCP does it: what is lost takes the connection with it.
          if (this.#dice.chance(0.5)) this.#clock.after(this.#dice.between(1, strayMs), reset);
          return;
        }
        const overtaken = this.#dice.chance(this.faults.reorder);
        const at = this.#clock.now() + (overtaken ? this.#dice.between(1, strayMs) : this.#latencyMs());
        if (!overtaken) lastAt = Math.max(lastAt, at);
        this.#clock.after((overtaken ? at : lastAt) - this.#clock.now(), deliver);
        if (this.#dice.chance(this.faults.double)) this.#clock.after(this.#dice.between(1, strayMs), deliver);
      },
    };
  }

  /** Two ends of a new connection from `place`; `undefined` when the opening does not get through. */
  connect(place: string, agent: Life, server: Life): { near: SimSocket; far: SimSocket } | undefined {
    if (this.#loses(place)) return undefined;
    const reset = () => {
      near.ended(1006);
      far.ended(1006);
    };
    const near: SimSocket = new SimSocket(
      agent,
      this.#carrier(place, reset, () => {}),
    );
    const far: SimSocket = new SimSocket(server, this.#carrier(place, reset, this.#onServerMessage));
    near.peer = far;
    far.peer = near;
    for (const socket of this.#sockets) if (socket.isDead && socket.peer.isDead) this.#sockets.delete(socket);
    this.#sockets.add(near);
    return { near, far };
  }

  /** A process has been killed: the other ends of its connections notice, unless they are cut off. */
  noticeDeaths(): void {
    for (const near of this.#sockets) {
      const alive = near.isDead ? near.peer : near;
      if (near.isDead !== near.peer.isDead) this.#clock.after(this.#latencyMs(), () => alive.ended(1006));
    }
  }

  /** Every connection ends. */
  resetAll(): void {
    for (const near of this.#sockets) {
      near.ended(1006);
      near.peer.ended(1006);
    }
    this.#sockets.clear();
  }
}
