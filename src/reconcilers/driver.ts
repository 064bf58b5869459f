/**
 * Wakes reconcilers. A wake-up is an address (an ARN), never data: each reconciler reads the store anew and brings the
 * address to what it should be. The change feed only hints; the periodic full pass is the guarantee.
 *
 * - One address is reconciled at a time, and once however often it was woken meanwhile.
 * - Work is done in slices of a few milliseconds, so that requests are answered in between; it waits while the journal is far
 *   behind, so that no scheduler runs ahead of the disk.
 * - What can wait does: addresses that were woken by changes of no urgency share a small part of the time, so that a thousand
 *   reports about one service cost a few passes over it and not a thousand.
 * - A reconciler that throws is logged and tried again later, with a growing delay; the others go on.
 */
import { type Backoff, backoffMs } from '#lib/backoff.ts';
import type { Clock, Timer } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Change, Store } from '#store/store.ts';

export interface Reconciler {
  readonly name: string;
  /** Addresses that a committed change may concern. */
  readonly wokenBy: (change: Change) => Iterable<string>;
  /** Whether the change must be looked at at once; by default all must. */
  readonly isUrgent?: (change: Change) => boolean;
  /** Every address, for the full pass. */
  readonly all: () => Iterable<string>;
  /** Brings one address to what it should be; answers when to look again even if nothing changes (epoch ms). */
  readonly reconcile: (address: string) => number | undefined;
}

export interface DriverDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Longer: requests wait behind a slice; shorter: more timer turns for the same work. */
const SLICE_MS = 5;
/** Longer: what can wait waits longer; shorter: more passes over the same address. */
const CALM_MS = 50;
/** Longer: work that can wait takes more of the time; one address is looked at in any case. */
const CALM_SLICE_MS = 2;
/** So many times as long as a slice took, the next one waits. More: large services wait longer; fewer: their passes take more of the time. */
const CALM_REST = 9;
/** Changes that wait for the journal. More: what was placed waits longer to be durable; fewer: the disk idles between slices. */
const MAX_BACKLOG = 10_000;
const BACKLOG_CHECK_MS = 5;
/** Longer: what a lost hint left undone waits; shorter: idle work. */
const FULL_PASS_MS = 60_000;
const RETRY: Backoff = { firstMs: 200, maxMs: 60_000, factor: 2, jitter: 0 };

interface Work {
  readonly reconciler: Reconciler;
  readonly address: string;
}

export class Driver {
  readonly #deps: DriverDeps;
  readonly #reconcilers: readonly Reconciler[];
  readonly #queue = new Map<string, Work>();
  readonly #calm = new Map<string, Work>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { readonly dueMs: number; readonly timer: Timer }>();
  readonly #unsubscribe: () => void;
  #slice: Timer | undefined;
  #calmSlice: Timer | undefined;
  #fullPass: Timer | undefined;
  #closed = false;

  constructor(deps: DriverDeps, reconcilers: readonly Reconciler[]) {
    this.#deps = deps;
    this.#reconcilers = reconcilers;
    this.#unsubscribe = deps.store.subscribe('committed', (set) => {
      for (const change of set.changes) {
        for (const reconciler of reconcilers) {
          for (const address of reconciler.wokenBy(change)) {
            if (reconciler.isUrgent?.(change) ?? true) this.wake(reconciler, address);
            else this.#wakeCalmly(reconciler, address);
          }
        }
      }
    });
    this.#passAll();
  }

  wake(reconciler: Reconciler, address: string): void {
    if (this.#closed) return;
    const key = `${reconciler.name} ${address}`;
    this.#calm.delete(key);
    this.#queue.set(key, { reconciler, address });
    this.#slice ??= this.#deps.clock.after(0, () => this.#runSlice());
  }

  #wakeCalmly(reconciler: Reconciler, address: string): void {
    const key = `${reconciler.name} ${address}`;
    if (this.#closed || this.#queue.has(key)) return;
    this.#calm.set(key, { reconciler, address });
    this.#calmSlice ??= this.#deps.clock.after(CALM_MS, () => this.#runCalmSlice());
  }

  #passAll(): void {
    for (const reconciler of this.#reconcilers) {
      for (const address of reconciler.all()) this.wake(reconciler, address);
    }
    this.#fullPass = this.#deps.clock.after(FULL_PASS_MS, () => this.#passAll());
  }

  #runSlice(): void {
    this.#slice = undefined;
    if (this.#deps.store.backlog < MAX_BACKLOG) this.#work(this.#queue, SLICE_MS);
    else this.#slice = this.#deps.clock.after(BACKLOG_CHECK_MS, () => this.#runSlice());
    if (this.#queue.size > 0 && !this.#closed) this.#slice ??= this.#deps.clock.after(0, () => this.#runSlice());
  }

  #runCalmSlice(): void {
    const { clock } = this.#deps;
    const startMs = clock.now();
    this.#work(this.#calm, CALM_SLICE_MS);
    const restMs = Math.max(CALM_MS, CALM_REST * (clock.now() - startMs));
    const isLeft = this.#calm.size > 0 && !this.#closed;
    this.#calmSlice = isLeft ? clock.after(restMs, () => this.#runCalmSlice()) : undefined;
  }

  /** One slice of what is queued. */
  #work(queue: Map<string, Work>, sliceMs: number): void {
    const endMs = this.#deps.clock.now() + sliceMs;
    for (const [key, work] of queue) {
      queue.delete(key);
      this.#runOne(key, work);
      if (this.#closed || this.#deps.clock.now() >= endMs) return;
    }
  }

  #runOne(key: string, work: Work): void {
    const { clock, logger } = this.#deps;
    let nextMs: number | undefined;
    try {
      nextMs = work.reconciler.reconcile(work.address);
      this.#failures.delete(key);
    } catch (error) {
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      nextMs = clock.now() + backoffMs(RETRY, failures);
      logger.error('a reconciler failed and will be tried again', {
        reconciler: work.reconciler.name,
        address: work.address,
        failures,
        error,
      });
    }
    const planned = this.#timers.get(key);
    if (planned?.dueMs === nextMs) return;
    planned?.timer.cancel();
    this.#timers.delete(key);
    if (nextMs === undefined) return;
    const timer = clock.after(Math.max(0, nextMs - clock.now()), () => {
      this.#timers.delete(key);
      this.wake(work.reconciler, work.address);
    });
    this.#timers.set(key, { dueMs: nextMs, timer });
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#slice?.cancel();
    this.#calmSlice?.cancel();
    this.#fullPass?.cancel();
    for (const { timer } of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    this.#queue.clear();
    this.#calm.clear();
  }
}
