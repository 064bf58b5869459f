/**
 * One control plane after the other on the same disk: the real store, reconcilers, agent link and ECS operations. What
 * stands in for `control-plane/start.ts` is HTTP (values instead of bytes) and authentication (everybody is the same
 * account); a reply waits for `session.durable()` as in the pipeline.
 */
import { type Acs, createAcs } from '#acs/acs.ts';
import type { FakeClock } from '#lib/clock.ts';
import { createLogger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { Principal } from '#protocol/service.ts';
import { startReconcilers } from '#reconcilers/start.ts';
import type { EcsContext } from '#services/ecs/context.ts';
import { handlers } from '#services/ecs/handlers.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { endLife, type Life, newLife } from './clock.ts';
import type { CuttableJournal } from './journal.ts';
import type { Network, Server } from './network.ts';

export const scope = { account: '123456789012', region: 'us-east-1' };

const principal: Principal = {
  account: scope.account,
  arn: `arn:aws:iam::${scope.account}:root`,
  userId: scope.account,
  accessKeyId: 'AKIASIMULATION000000',
};

export interface ControlPlaneDeps {
  readonly clock: FakeClock;
  readonly random: Random;
  readonly journal: CuttableJournal;
  readonly network: Network;
  readonly log: (level: 'info' | 'error', line: string) => void;
  /** A store is open, and nobody has seen it yet. */
  readonly onStore: (store: Store, life: Life) => void;
  /** Tell more than errors. */
  readonly verbose: boolean;
}

export type OnExecuted = (output: unknown, revision: number) => void;

interface Running {
  readonly life: Life;
  readonly store: Store;
  readonly acs: Acs;
}

export class ControlPlane implements Server {
  readonly #deps: ControlPlaneDeps;
  #running: Running | undefined;
  #starting = false;

  constructor(deps: ControlPlaneDeps) {
    this.#deps = deps;
  }

  get life(): Life | undefined {
    return this.#running?.life;
  }

  get store(): Store | undefined {
    return this.#running?.store;
  }

  get acs(): Acs | undefined {
    return this.#running?.acs;
  }

  async start(): Promise<void> {
    if (this.#running || this.#starting) return;
    this.#starting = true;
    const { clock: base, random, journal, log, onStore } = this.#deps;
    const life = newLife(base);
    const { clock } = life;
    const onListenerError = (error: unknown) => log('error', `a listener threw ${(error as Error).stack}`);
    const store = await Store.open({ journal: journal.open(life), tables: allTables, onListenerError });
    const logger = createLogger({
      level: this.#deps.verbose ? 'info' : 'error',
      now: () => clock.now(),
      sink: {
        write: (line) => {
          if (!life.dead) log(line.includes('"level":"error"') ? 'error' : 'info', line.trim());
        },
      },
    });
    onStore(store, life);
    startReconcilers({ store, clock, random, logger });
    const authenticate = () => ({ principal, region: scope.region, payload: Buffer.alloc(0) });
    const roles = { assume: () => ({ refused: 'the simulation has no roles' }) };
    const authorize = () => ({ allowed: true }) as const;
    const acs = createAcs({ store, clock, random, logger, authenticate, authorize, roles });
    this.#running = { life, store, acs };
    this.#starting = false;
  }

  kill(): void {
    if (!this.#running) return;
    endLife(this.#running.life);
    this.#running = undefined;
    this.#deps.network.noticeDeaths();
  }

  /** `onExecuted` hears of an operation that wrote, before its reply leaves; `revision` is what the reply waits for. */
  async answer(operation: string, input: unknown, onExecuted?: OnExecuted): Promise<unknown> {
    const { store, life } = this.#running!;
    const handler = handlers[operation];
    if (!handler) throw new Error(`the simulation called ${operation}, which is not implemented`);
    const session = store.session();
    const silent = createLogger({ level: 'silent', sink: { write: () => {} }, now: () => 0 });
    const context = {
      ...scope,
      principal,
      clock: life.clock,
      random: this.#deps.random,
      logger: silent,
      store: session,
      deps: {},
      endpoint: 'http://simulated',
      operation,
    } as unknown as EcsContext;
    try {
      const before = store.revision;
      const pending: unknown = handler(context, input);
      const { revision } = store;
      const output = await pending;
      if (revision > before) onExecuted?.(output, revision);
      return output;
    } finally {
      await session.durable();
    }
  }
}
