/**
 * The order in which instances are taken: a tree with one level per leading `spread` over an attribute, and at each leaf
 * the instances that share those values. A branch compares by how many of the group's tasks it holds, then by its own
 * best member, so a chain of strategies orders lexicographically, and taking one task touches one path only: the cost is
 * a logarithm of the number of instances, not their number.
 *
 * Everything after the first strategy that looks at single instances (spread over instances, binpack, random) orders
 * within a leaf. A spread over an attribute that comes so late has counts shared between instances of a leaf; then, and
 * only then, a leaf is searched from end to end for each task.
 */
import type { TaskReservation } from '#model/rows.ts';
import { Heap } from './heap.ts';
import type { Candidate, Strategy } from './request.ts';

/** A candidate with what the request has put there so far. */
export interface Slot {
  readonly candidate: Candidate;
  placed: number;
  /** Time of the next event of this slot's Poisson process: the earliest of all is uniformly any of them. */
  randomTurn: number;
}

type Key = (slot: Slot) => number;

interface Branch {
  /** The slot that is next in turn here. */
  best(): Slot | undefined;
  /** To be called when one task was put on `best()`; `full` when it takes no other. */
  took(full: boolean): void;
  /** The branch below that is next in turn; leaves have none. */
  child(): Branch | undefined;
  readonly count: number;
}

export interface OrderOptions {
  readonly strategies: readonly Strategy[];
  readonly demand: TaskReservation;
  readonly unit: () => number;
}

const isPerInstance = (strategy: Strategy) =>
  strategy.type !== 'spread' || strategy.field === 'instanceId' || strategy.field === 'host';

/** The value under which a spread counts an instance; instances without the attribute share one. */
function spreadValue(candidate: Candidate, field: string): string {
  if (field === 'ecs.availability-zone') return candidate.attributes.get(field) ?? candidate.availabilityZone;
  return candidate.attributes.get(field) ?? '';
}

const exponential = (unit: () => number) => -Math.log(1 - unit());

/** Slots in ARN order, so that neither the result nor the draws depend on the order of the candidates. */
export function makeSlots(candidates: readonly Candidate[], options: OrderOptions): Slot[] {
  const sorted = candidates.toSorted((a, b) => (a.containerInstanceArn < b.containerInstanceArn ? -1 : 1));
  const random = options.strategies.some((strategy) => strategy.type === 'random');
  return sorted.map((candidate) => ({ candidate, placed: 0, randomTurn: random ? exponential(options.unit) : 0 }));
}

/** For one late spread: the slots of a slot's own leaf that share its value. All leaves write into the same one. */
type Sharers = Map<Slot, readonly Slot[]>;

/** Counts of the group's tasks per value of one attribute, shared by the slots of a leaf. */
function sharedCounts(slots: readonly Slot[], field: string, sharers: Sharers): Key {
  for (const members of Map.groupBy(slots, (slot) => spreadValue(slot.candidate, field)).values()) {
    for (const slot of members) sharers.set(slot, members);
  }
  return (slot) => sharers.get(slot)!.reduce((sum, { candidate, placed }) => sum + candidate.groupCount + placed, 0);
}

function keyOf(strategy: Strategy, slots: readonly Slot[], demand: TaskReservation, sharers: Sharers): Key {
  switch (strategy.type) {
    case 'random':
      return (slot) => slot.randomTurn;
    case 'binpack':
      if (strategy.field === 'cpu') return (slot) => slot.candidate.free.cpuUnits - slot.placed * demand.cpuUnits;
      return (slot) => slot.candidate.free.memoryMiB - slot.placed * demand.memoryMiB;
    case 'spread':
      if (isPerInstance(strategy)) return (slot) => slot.candidate.groupCount + slot.placed;
      return sharedCounts(slots, strategy.field, sharers);
  }
}

/** After the strategies: the instance with fewer tasks, then with more free memory, then the lower ARN. */
function comparator(keys: readonly Key[], demand: TaskReservation): (a: Slot, b: Slot) => number {
  const all: Key[] = [
    ...keys,
    (slot) => slot.candidate.liveTasks + slot.placed,
    (slot) => slot.placed * demand.memoryMiB - slot.candidate.free.memoryMiB,
  ];
  return (a, b) => {
    for (const key of all) {
      const difference = key(a) - key(b);
      if (difference !== 0) return difference;
    }
    return a.candidate.containerInstanceArn < b.candidate.containerInstanceArn ? -1 : 1;
  };
}

function initialCount(slots: readonly Slot[]): number {
  return slots.reduce((sum, slot) => sum + slot.candidate.groupCount, 0);
}

function heapLeaf(slots: Slot[], compare: (a: Slot, b: Slot) => number, held: number): Branch {
  const heap = new Heap(slots, (a, b) => compare(a, b) < 0);
  let count = held;
  return {
    best: () => heap.peek(),
    child: () => undefined,
    took(full) {
      count += 1;
      if (full) heap.pop();
      else heap.settle();
    },
    get count() {
      return count;
    },
  };
}

function searchedLeaf(slots: Slot[], compare: (a: Slot, b: Slot) => number, held: number): Branch {
  const open = new Set(slots);
  let count = held;
  let chosen: Slot | undefined;
  return {
    best() {
      chosen ??= [...open].reduce<Slot | undefined>((a, b) => (a && compare(a, b) < 0 ? a : b), undefined);
      return chosen;
    },
    child: () => undefined,
    took(full) {
      count += 1;
      if (full && chosen) open.delete(chosen);
      chosen = undefined;
    },
    get count() {
      return count;
    },
  };
}

type Compare = (a: Slot, b: Slot) => number;

/** By count, then by the counts of what is next in turn below, then by the instances that would be taken. */
function compareBranches(a: Branch, b: Branch, order: Compare): number {
  if (a.count !== b.count) return a.count - b.count;
  const left = a.child();
  const right = b.child();
  if (left && right) return compareBranches(left, right, order);
  return order(a.best()!, b.best()!);
}

function inner(children: Branch[], order: Compare, held: number): Branch {
  const heap = new Heap(children, (a, b) => compareBranches(a, b, order) < 0);
  let count = held;
  return {
    best: () => heap.peek()?.best(),
    child: () => heap.peek(),
    took(full) {
      count += 1;
      const child = heap.peek()!;
      child.took(full);
      if (child.best()) heap.settle();
      else heap.pop();
    },
    get count() {
      return count;
    },
  };
}

/**
 * Slots that take a task, in turn. `refused` slots are not among them but their tasks count in every spread.
 */
export function createOrder(open: readonly Slot[], refused: readonly Slot[], options: OrderOptions): Branch {
  const { strategies, demand } = options;
  const at = strategies.findIndex(isPerInstance);
  const levels = (at < 0 ? strategies : strategies.slice(0, at)) as readonly { readonly field: string }[];
  const leafStrategies = at < 0 ? [] : strategies.slice(at);
  const sharers: Sharers[] = leafStrategies.map(() => new Map());
  const searched = leafStrategies.some((strategy) => !isPerInstance(strategy));

  const build = (
    depth: number,
    slots: readonly Slot[],
    others: readonly Slot[],
  ): { branch: Branch; order: Compare } => {
    const held = initialCount(slots) + initialCount(others);
    const level = levels[depth];
    if (!level) {
      const all = [...slots, ...others];
      const keys = leafStrategies.map((strategy, n) => keyOf(strategy, all, demand, sharers[n]!));
      const order = comparator(keys, demand);
      return { branch: (searched ? searchedLeaf : heapLeaf)([...slots], order, held), order };
    }
    const mine = Map.groupBy(slots, (slot) => spreadValue(slot.candidate, level.field));
    const theirs = Map.groupBy(others, (slot) => spreadValue(slot.candidate, level.field));
    const built = [...mine].map(([value, group]) => build(depth + 1, group, theirs.get(value) ?? []));
    const order = built[0]?.order ?? (() => 0);
    const children = built.map(({ branch }) => branch);
    return { branch: inner(children, order, held), order };
  };
  return build(0, open, refused).branch;
}
