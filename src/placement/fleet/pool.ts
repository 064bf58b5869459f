/**
 * The instances of a fleet that one set of attributes and memberOf constraints admits, by zone, in the trees that find the
 * tightest or the roomiest of them. The tree by cpu is made when a request first asks for it.
 */
import type { TaskReservation } from '#model/rows.ts';
import { FitTree } from './fit-tree.ts';

/** What else a slot must satisfy; undefined when cpu and memory are all. */
export type Fits = ((slot: number) => boolean) | undefined;

export interface PoolOptions {
  readonly slots: number;
  readonly largestCpu: number;
  readonly largestMemory: number;
  readonly freeCpu: (slot: number) => number;
  readonly freeMemory: (slot: number) => number;
  readonly isEligible: (arn: string) => boolean;
}

export class Pool {
  readonly #options: PoolOptions;
  #slots: number;
  readonly #members = new Set<number>();
  /** By zone index. */
  readonly #byMemory: FitTree[] = [];
  readonly #byCpu: FitTree[] = [];
  readonly #zoneOf = new Map<number, number>();
  /** Members that the request being placed has found shut, with their zones. */
  readonly #hidden = new Map<number, number>();

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#slots = options.slots;
  }

  /** Zones that have had a member. */
  readonly zones: number[] = [];

  has(slot: number): boolean {
    return this.#members.has(slot);
  }

  grow(slots: number): void {
    this.#slots = slots;
    for (const tree of [...this.#byMemory, ...this.#byCpu]) tree?.grow(slots);
  }

  #memoryTree(zone: number): FitTree {
    const known = this.#byMemory[zone];
    if (known) return known;
    const tree = new FitTree({
      slots: this.#slots,
      largest: this.#options.largestMemory,
      by: this.#options.freeMemory,
      with: this.#options.freeCpu,
    });
    this.#byMemory[zone] = tree;
    this.zones.push(zone);
    return tree;
  }

  #cpuTree(zone: number): FitTree {
    const known = this.#byCpu[zone];
    if (known) return known;
    const tree = new FitTree({
      slots: this.#slots,
      largest: this.#options.largestCpu,
      by: this.#options.freeCpu,
      with: this.#options.freeMemory,
    });
    for (const [slot, at] of this.#zoneOf) if (at === zone && !this.#hidden.has(slot)) tree.add(slot);
    this.#byCpu[zone] = tree;
    return tree;
  }

  /** Takes the slot in when its instance is eligible. */
  admit(slot: number, arn: string, zone: number): void {
    if (!this.#options.isEligible(arn)) return;
    this.#members.add(slot);
    this.#zoneOf.set(slot, zone);
    this.#memoryTree(zone).add(slot);
    this.#byCpu[zone]?.add(slot);
  }

  forget(slot: number, zone: number): void {
    if (!this.#members.delete(slot)) return;
    this.#zoneOf.delete(slot);
    this.#byMemory[zone]?.delete(slot);
    this.#byCpu[zone]?.delete(slot);
  }

  /** Keeps a member out of the searches until `showAll`. */
  hide(slot: number, zone: number): void {
    if (this.#hidden.has(slot)) return;
    this.#hidden.set(slot, zone);
    this.#byMemory[zone]?.delete(slot);
    this.#byCpu[zone]?.delete(slot);
  }

  showAll(): void {
    for (const [slot, zone] of this.#hidden) {
      if (!this.#members.has(slot)) continue;
      this.#byMemory[zone]?.add(slot);
      this.#byCpu[zone]?.add(slot);
    }
    this.#hidden.clear();
  }

  /** What the slot has free has changed. */
  changed(slot: number, zone: number): void {
    if (!this.#members.has(slot) || this.#hidden.has(slot)) return;
    this.#byMemory[zone]?.update(slot);
    this.#byCpu[zone]?.update(slot);
  }

  tightest(zones: readonly number[], demand: TaskReservation, field: 'cpu' | 'memory', fits: Fits): number {
    const { freeCpu, freeMemory } = this.#options;
    let best = -1;
    for (const zone of zones) {
      if (!this.#byMemory[zone]) continue;
      const slot =
        field === 'memory'
          ? this.#memoryTree(zone).tightest(demand.memoryMiB, demand.cpuUnits, fits)
          : this.#cpuTree(zone).tightest(demand.cpuUnits, demand.memoryMiB, fits);
      const free = field === 'memory' ? freeMemory : freeCpu;
      if (slot >= 0 && (best < 0 || free(slot) < free(best))) best = slot;
    }
    return best;
  }

  roomiest(zones: readonly number[], demand: TaskReservation, fits: Fits): number {
    const { freeMemory } = this.#options;
    let best = -1;
    for (const zone of zones) {
      const slot = this.#byMemory[zone]?.roomiest(demand.memoryMiB, demand.cpuUnits, fits) ?? -1;
      if (slot >= 0 && (best < 0 || freeMemory(slot) > freeMemory(best))) best = slot;
    }
    return best;
  }
}
