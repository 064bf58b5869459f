/**
 * The container instances of one cluster, kept in indexed form so that placing a task costs a logarithm of their number.
 * Instances and tasks are told to it as they come, change and go; `place` then answers without walking either.
 *
 * - It accounts exactly: cpu, memory, GPUs, network interfaces and host ports of live tasks, counts of each group per instance and zone.
 * - It changes nothing by placing: the caller makes each task and tells it of it.
 * - The strategies that services use by default and in practice are answered here (`isIndexed`): over Availability Zones or
 *   not, then over instances, by binpack on memory or cpu, or by none. Others go to `placement/place.ts`, which reads every
 *   instance once per request.
 * - Ties: the instance that changed last. Both engines keep the same rules; only ties differ.
 */
import type { PortReservation, TaskReservation } from '#model/rows.ts';
import type { Strategy } from '../request.ts';
import { type Fits, Pool } from './pool.ts';

export interface FleetInstance {
  readonly arn: string;
  readonly zone: string;
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly gpuCount: number;
  /** Elastic network interfaces for tasks; below 2^31. */
  readonly eniCount: number;
  /** Ports that the agent keeps for itself, as `tcp/22`. */
  readonly reservedPorts: readonly string[];
  /** ACTIVE with a connected agent. */
  readonly isOpen: boolean;
}

export interface FleetRequest {
  readonly count: number;
  readonly group: string;
  readonly demand: TaskReservation;
  readonly strategies: readonly Strategy[];
  readonly distinctInstance: boolean;
  /** Names the set of instances that attributes and memberOf constraints admit; `''` admits all. */
  readonly eligibility: string;
  /** Asked once per instance and eligibility. */
  readonly isEligible: (arn: string) => boolean;
}

interface Group {
  /** Tasks wanted running per slot; slots without any are absent. */
  readonly perSlot: Map<number, number>;
  readonly perZone: number[];
}

/** More: each change of an instance costs more; fewer: sets of instances are indexed again and again. */
const MAX_POOLS = 24;
const NONE = -1;
/** Where instances stand that are told of by their tasks only; give it to those whose tasks no spread shall count. */
export const noZone = '';
/** A demand of nothing fits always, also on an instance that has shrunk below what it holds. */
const lacks = (demand: number, free: number) => demand > 0 && demand > free;
type Choose = (zones: readonly number[]) => number;
const portKey = (port: PortReservation) => `${port.protocol}/${port.hostPort}`;

/** How the fleet orders instances for these strategies; undefined when only the general engine can. */
export function indexedOrder(strategies: readonly Strategy[]): { zones: boolean; order: Order } | undefined {
  const [first, ...others] = strategies;
  const zones = first?.type === 'spread' && first.field === 'ecs.availability-zone';
  const rest = zones ? others : strategies;
  const [next, ...more] = rest;
  if (more.length > 0) return undefined;
  if (!next) return { zones, order: 'spread' };
  if (next.type === 'binpack') return { zones, order: next.field };
  if (next.type === 'spread' && (next.field === 'instanceId' || next.field === 'host'))
    return { zones, order: 'spread' };
  return undefined;
}

export type Order = 'spread' | 'cpu' | 'memory';

export class Fleet {
  readonly #slotOf = new Map<string, number>();
  readonly #arns: string[] = [];
  readonly #unused: number[] = [];
  readonly #zones: string[] = [];
  readonly #zoneOf: number[] = [];
  readonly #open: boolean[] = [];
  readonly #totals: { cpu: number; memory: number; gpu: number; eni: number }[] = [];
  readonly #reserved: (readonly string[])[] = [];
  /** Slots of instances that are here; others are kept for tasks that outlive their instance. */
  readonly #isHere: boolean[] = [];
  /** What keeps a slot besides its instance: tasks that hold or count there. */
  readonly #uses: number[] = [];
  #freeCpu = new Int32Array(64);
  #freeMemory = new Int32Array(64);
  #freeGpu = new Int32Array(64);
  #freeEni = new Int32Array(64);
  readonly #groups = new Map<string, Group>();
  /** Slots on which a port is held, with how often. */
  readonly #ports = new Map<string, Map<number, number>>();
  readonly #pools = new Map<string, Pool>();
  #largestMemory = 0;
  #largestCpu = 0;

  get size(): number {
    return this.#slotOf.size;
  }

  #slotFor(arn: string): number {
    const known = this.#slotOf.get(arn);
    if (known !== undefined) return known;
    const slot = this.#unused.pop() ?? this.#arns.length;
    this.#slotOf.set(arn, slot);
    this.#arns[slot] = arn;
    this.#zoneOf[slot] = this.#zoneIndex(noZone);
    this.#open[slot] = false;
    this.#isHere[slot] = false;
    this.#uses[slot] = 0;
    this.#totals[slot] = { cpu: 0, memory: 0, gpu: 0, eni: 0 };
    this.#reserved[slot] = [];
    if (slot >= this.#freeCpu.length) this.#grow(slot * 2);
    this.#freeCpu[slot] = this.#freeMemory[slot] = this.#freeGpu[slot] = this.#freeEni[slot] = 0;
    return slot;
  }

  #grow(slots: number): void {
    const copy = (from: Int32Array<ArrayBuffer>) => {
      const to = new Int32Array(slots);
      to.set(from);
      return to;
    };
    this.#freeCpu = copy(this.#freeCpu);
    this.#freeMemory = copy(this.#freeMemory);
    this.#freeGpu = copy(this.#freeGpu);
    this.#freeEni = copy(this.#freeEni);
    for (const pool of this.#pools.values()) pool.grow(slots);
  }

  #zoneIndex(name: string): number {
    const known = this.#zones.indexOf(name);
    return known >= 0 ? known : this.#zones.push(name) - 1;
  }

  /** Adds an instance or takes note of its change. What its tasks hold stays. Pools forget it and ask again. */
  setInstance(instance: FleetInstance): void {
    const slot = this.#slotFor(instance.arn);
    this.#isHere[slot] = true;
    for (const pool of this.#pools.values()) pool.forget(slot, this.#zoneOf[slot]!);
    const total = this.#totals[slot]!;
    this.#freeCpu[slot]! += instance.cpuUnits - total.cpu;
    this.#freeMemory[slot]! += instance.memoryMiB - total.memory;
    this.#freeGpu[slot]! += instance.gpuCount - total.gpu;
    this.#freeEni[slot]! += instance.eniCount - total.eni;
    const { cpuUnits: cpu, memoryMiB: memory, gpuCount: gpu, eniCount: eni } = instance;
    this.#totals[slot] = { cpu, memory, gpu, eni };
    for (const key of this.#reserved[slot]!) this.#holdPort(slot, key, -1);
    for (const key of instance.reservedPorts) this.#holdPort(slot, key, 1);
    this.#reserved[slot] = instance.reservedPorts;
    this.#moveZone(slot, this.#zoneIndex(instance.zone));
    this.#open[slot] = instance.isOpen;
    if (instance.memoryMiB > this.#largestMemory || instance.cpuUnits > this.#largestCpu) {
      this.#largestMemory = Math.max(this.#largestMemory, instance.memoryMiB);
      this.#largestCpu = Math.max(this.#largestCpu, instance.cpuUnits);
      this.#pools.clear();
    }
    for (const pool of this.#pools.values()) if (instance.isOpen) pool.admit(slot, instance.arn, this.#zoneOf[slot]!);
  }

  #moveZone(slot: number, zone: number): void {
    const before = this.#zoneOf[slot]!;
    this.#zoneOf[slot] = zone;
    if (before === zone) return;
    for (const group of this.#groups.values()) {
      const count = group.perSlot.get(slot);
      if (count === undefined) continue;
      group.perZone[before]! -= count;
      group.perZone[zone] = (group.perZone[zone] ?? 0) + count;
    }
  }

  /** The instance is gone; what its tasks hold and count stays until they are told to be gone too. */
  removeInstance(arn: string): void {
    const slot = this.#slotOf.get(arn);
    if (slot === undefined) return;
    const nothing = { cpuUnits: 0, memoryMiB: 0, gpuCount: 0, eniCount: 0, reservedPorts: [] };
    this.setInstance({ arn, zone: noZone, ...nothing, isOpen: false });
    this.#isHere[slot] = false;
    this.#freeIfUnused(slot);
  }

  #freeIfUnused(slot: number): void {
    if (this.#isHere[slot] || this.#uses[slot]! > 0) return;
    this.#slotOf.delete(this.#arns[slot]!);
    this.#unused.push(slot);
  }

  #holdPort(slot: number, key: string, by: 1 | -1): void {
    let slots = this.#ports.get(key);
    if (!slots) {
      slots = new Map();
      this.#ports.set(key, slots);
    }
    const count = (slots.get(slot) ?? 0) + by;
    if (count > 0) slots.set(slot, count);
    else if (slots.delete(slot) && slots.size === 0) this.#ports.delete(key);
  }

  /** A task came to hold (`by` 1) or stopped holding (`by` -1) its cpu, memory, GPUs and network interfaces on an instance. */
  holdTask(arn: string, demand: Omit<TaskReservation, 'ports'>, by: 1 | -1): void {
    const slot = this.#slotFor(arn);
    this.#freeCpu[slot]! -= by * demand.cpuUnits;
    this.#freeMemory[slot]! -= by * demand.memoryMiB;
    this.#freeGpu[slot]! -= by * demand.gpuCount;
    if (demand.eniCount !== undefined) this.#freeEni[slot]! -= by * demand.eniCount;
    for (const pool of this.#pools.values()) pool.changed(slot, this.#zoneOf[slot]!);
    this.#uses[slot]! += by;
    if (by < 0) this.#freeIfUnused(slot);
  }

  /** A task came to hold or stopped holding host ports, reserved or reported ones. */
  holdPorts(arn: string, ports: readonly PortReservation[], by: 1 | -1): void {
    if (ports.length === 0) return;
    const slot = this.#slotFor(arn);
    for (const port of ports) this.#holdPort(slot, portKey(port), by);
    this.#uses[slot]! += by * ports.length;
    if (by < 0) this.#freeIfUnused(slot);
  }

  /** A task of the group began (`by` 1) or ceased (`by` -1) to be wanted running on an instance. */
  countTask(arn: string, groupName: string, by: 1 | -1): void {
    const slot = this.#slotFor(arn);
    let group = this.#groups.get(groupName);
    if (!group) {
      group = { perSlot: new Map(), perZone: [] };
      this.#groups.set(groupName, group);
    }
    const count = (group.perSlot.get(slot) ?? 0) + by;
    if (count > 0) group.perSlot.set(slot, count);
    else group.perSlot.delete(slot);
    const zone = this.#zoneOf[slot]!;
    group.perZone[zone] = (group.perZone[zone] ?? 0) + by;
    if (group.perSlot.size === 0) this.#groups.delete(groupName);
    this.#uses[slot]! += by;
    if (by < 0) this.#freeIfUnused(slot);
  }

  /** Tasks of the group that are wanted running on the instance. */
  groupCount(arn: string, group: string): number {
    const slot = this.#slotOf.get(arn);
    return slot === undefined ? 0 : (this.#groups.get(group)?.perSlot.get(slot) ?? 0);
  }

  /** Whether the agent or a task holds the port on the instance. */
  isPortTaken(arn: string, port: PortReservation): boolean {
    const slot = this.#slotOf.get(arn);
    return slot !== undefined && (this.#ports.get(portKey(port))?.has(slot) ?? false);
  }

  /** Everything that is accounted, by instance: for checks against what it was derived from. */
  contents(): Record<string, unknown> {
    const described: [string, unknown][] = [...this.#slotOf].map(([arn, slot]) => {
      const free = [this.#freeCpu[slot], this.#freeMemory[slot], this.#freeGpu[slot], this.#freeEni[slot]];
      const ports = [...this.#ports].flatMap(([port, slots]) =>
        slots.has(slot) ? [`${port}: ${slots.get(slot)}`] : [],
      );
      const groups = [...this.#groups].flatMap(([name, { perSlot }]) =>
        perSlot.has(slot) ? [`${name}: ${perSlot.get(slot)}`] : [],
      );
      const zone = this.#zones[this.#zoneOf[slot]!];
      const isOpen = this.#open[slot];
      return [arn, { free, zone, isOpen, ports: ports.sort(), groups: groups.sort(), uses: this.#uses[slot] }];
    });
    const zones: [string, unknown][] = [...this.#groups].map(([name, { perZone }]) => [
      `group ${name}`,
      perZone.flatMap((count, zone) => (count ? [`${this.#zones[zone]}: ${count}`] : [])).sort(),
    ]);
    return Object.fromEntries([...described, ...zones].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #poolFor(request: FleetRequest): Pool {
    let pool = this.#pools.get(request.eligibility);
    if (pool) {
      this.#pools.delete(request.eligibility);
    } else {
      const [oldest] = this.#pools.keys();
      if (this.#pools.size >= MAX_POOLS && oldest !== undefined) this.#pools.delete(oldest);
      pool = new Pool({
        slots: this.#freeCpu.length,
        largestCpu: this.#largestCpu,
        largestMemory: this.#largestMemory,
        freeCpu: (slot) => Math.max(0, this.#freeCpu[slot]!),
        freeMemory: (slot) => Math.max(0, this.#freeMemory[slot]!),
        isEligible: request.isEligible,
      });
      for (const [arn, slot] of this.#slotOf) if (this.#open[slot]) pool.admit(slot, arn, this.#zoneOf[slot]!);
    }
    this.#pools.set(request.eligibility, pool);
    return pool;
  }

  /**
   * Chooses instances for up to `count` identical tasks, in turn, and calls `take` with each; fewer when no more fit.
   * `take` makes the task and must tell the fleet of it (`holdTask`, `countTask`) before it returns, because the next
   * choice counts on it. Answers how many were taken, or undefined when the strategies are not indexed here.
   */
  place(request: FleetRequest, take: (arn: string) => void): number | undefined {
    const indexed = indexedOrder(request.strategies);
    if (!indexed) return undefined;
    const pool = this.#poolFor(request);
    const choose = indexed.zones
      ? this.#byZone(pool, request, indexed.order)
      : this.#within(pool, request, indexed.order);
    let taken = 0;
    try {
      for (; taken < request.count; taken++) {
        const slot = choose(pool.zones);
        if (slot < 0) break;
        take(this.#arns[slot]!);
      }
    } finally {
      pool.showAll();
    }
    return taken;
  }

  /** Zones in the order of how many of the group's tasks they hold; the first that has room wins. */
  #byZone(pool: Pool, request: FleetRequest, order: Order): Choose {
    const within = this.#within(pool, request, order);
    const zones = pool.zones.map((zone) => [zone] as const);
    return () => {
      const perZone = this.#groups.get(request.group)?.perZone;
      if (perZone) zones.sort(([a], [b]) => (perZone[a] ?? 0) - (perZone[b] ?? 0));
      for (const zone of zones) {
        const slot = within(zone);
        if (slot >= 0) return slot;
      }
      return NONE;
    };
  }

  #within(pool: Pool, request: FleetRequest, order: Order): Choose {
    const { demand, distinctInstance } = request;
    const ports = demand.ports.map(portKey);
    const simple = demand.gpuCount === 0 && !demand.eniCount && !distinctInstance && ports.length === 0;
    /** A slot that is shut stays so for the rest of the request, so the search need not meet it again. */
    const shut: number[] = [];
    const search = (find: () => number) => {
      const found = find();
      for (const slot of shut.splice(0)) pool.hide(slot, this.#zoneOf[slot]!);
      return found;
    };
    return (zones) => {
      const group = this.#groups.get(request.group);
      const fits = simple ? undefined : this.#fits(demand, distinctInstance ? group : undefined, ports);
      const isOpen = (slot: number) => {
        const open = !(order === 'spread' && group?.perSlot.has(slot)) && (!fits || fits(slot));
        if (!open) shut.push(slot);
        return open;
      };
      if (order !== 'spread') return search(() => pool.tightest(zones, demand, order, fits && isOpen));
      if (!group) return search(() => pool.roomiest(zones, demand, fits && isOpen));
      const fresh = search(() => pool.roomiest(zones, demand, isOpen));
      return fresh >= 0 ? fresh : this.#leastUsed(pool, zones, demand, group, fits);
    };
  }

  /** What cpu and memory do not say: GPUs, network interfaces, another task of the group where none may be, host ports. */
  #fits(demand: TaskReservation, excluded: Group | undefined, ports: readonly string[]): NonNullable<Fits> {
    const held = ports.flatMap((key) => this.#ports.get(key) ?? []);
    const { gpuCount, eniCount = 0 } = demand;
    return (slot) =>
      !lacks(gpuCount, this.#freeGpu[slot]!) &&
      !lacks(eniCount, this.#freeEni[slot]!) &&
      !excluded?.perSlot.has(slot) &&
      !held.some((slots) => slots.has(slot));
  }

  /** Of the instances that have tasks of the group already: the one with fewest, then with most free memory. */
  #leastUsed(pool: Pool, zones: readonly number[], demand: TaskReservation, group: Group, fits: Fits): number {
    let best = NONE;
    let bestCount = Number.POSITIVE_INFINITY;
    for (const [slot, count] of group.perSlot) {
      if (count > bestCount || !pool.has(slot) || !zones.includes(this.#zoneOf[slot]!)) continue;
      if (count === bestCount && this.#freeMemory[slot]! <= this.#freeMemory[best]!) continue;
      if (lacks(demand.cpuUnits, this.#freeCpu[slot]!) || lacks(demand.memoryMiB, this.#freeMemory[slot]!)) continue;
      if (fits && !fits(slot)) continue;
      best = slot;
      bestCount = count;
    }
    return best;
  }
}
