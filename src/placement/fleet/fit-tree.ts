/**
 * Slots ordered by how much they have free of one resource, searchable for those that also have enough of another: a
 * segment tree over buckets of the first (`by`), each node holding the most that its slots have of the second (`with`).
 * Finding the tightest or the roomiest slot that fits costs a logarithm of the number of buckets, and a slot's change as
 * much. Slots of one bucket are a linked list, the last to come first.
 *
 * A bucket spans `quantum` units; within the bucket that the demand cuts through, slots are compared one by one.
 */
const NONE = -1;

export class FitTree {
  readonly #buckets: number;
  readonly #quantum: number;
  /** Most of `with` per node; 1 is the root, bucket b is the leaf `#buckets + b`. */
  readonly #most: Int32Array;
  readonly #head: Int32Array;
  #next: Int32Array;
  #previous: Int32Array;
  #bucketOf: Int32Array;
  readonly #by: (slot: number) => number;
  readonly #with: (slot: number) => number;

  /** `largest` bounds what `by` answers for any slot; larger values share the last bucket. */
  constructor(options: {
    readonly slots: number;
    readonly largest: number;
    readonly by: (slot: number) => number;
    readonly with: (slot: number) => number;
  }) {
    this.#by = options.by;
    this.#with = options.with;
    const wanted = Math.min(65_536, Math.max(1, options.largest + 1));
    this.#buckets = 2 ** Math.ceil(Math.log2(wanted));
    this.#quantum = Math.max(1, Math.ceil((options.largest + 1) / this.#buckets));
    this.#most = new Int32Array(2 * this.#buckets).fill(NONE);
    this.#head = new Int32Array(this.#buckets).fill(NONE);
    this.#next = new Int32Array(options.slots).fill(NONE);
    this.#previous = new Int32Array(options.slots).fill(NONE);
    this.#bucketOf = new Int32Array(options.slots).fill(NONE);
  }

  #bucket(amount: number): number {
    return Math.min(this.#buckets - 1, Math.max(0, Math.floor(amount / this.#quantum)));
  }

  /** Makes room for slots up to `slots`. */
  grow(slots: number): void {
    const copy = (from: Int32Array) => {
      const to = new Int32Array(slots).fill(NONE);
      to.set(from);
      return to;
    };
    this.#next = copy(this.#next);
    this.#previous = copy(this.#previous);
    this.#bucketOf = copy(this.#bucketOf);
  }

  has(slot: number): boolean {
    return this.#bucketOf[slot] !== NONE;
  }

  add(slot: number): void {
    const bucket = this.#bucket(this.#by(slot));
    const head = this.#head[bucket]!;
    this.#next[slot] = head;
    this.#previous[slot] = NONE;
    if (head !== NONE) this.#previous[head] = slot;
    this.#head[bucket] = slot;
    this.#bucketOf[slot] = bucket;
    const most = this.#with(slot);
    for (let node = this.#buckets + bucket; node >= 1 && this.#most[node]! < most; node >>= 1) this.#most[node] = most;
  }

  delete(slot: number): void {
    const bucket = this.#bucketOf[slot]!;
    if (bucket === NONE) return;
    const next = this.#next[slot]!;
    const previous = this.#previous[slot]!;
    if (previous === NONE) this.#head[bucket] = next;
    else this.#next[previous] = next;
    if (next !== NONE) this.#previous[next] = previous;
    this.#bucketOf[slot] = NONE;
    this.#lower(bucket);
  }

  /** To be called when what `by` or `with` answer for the slot has changed. */
  update(slot: number): void {
    this.delete(slot);
    this.add(slot);
  }

  /** Recomputes the nodes above a bucket that lost a slot. */
  #lower(bucket: number): void {
    let node = this.#buckets + bucket;
    const before = this.#most[node]!;
    let most = NONE;
    for (let slot = this.#head[bucket]!; slot !== NONE && most < before; slot = this.#next[slot]!) {
      most = Math.max(most, this.#with(slot));
    }
    while (this.#most[node] !== most) {
      this.#most[node] = most;
      if (node === 1) return;
      node >>= 1;
      most = Math.max(this.#most[2 * node]!, this.#most[2 * node + 1]!);
    }
  }

  /** The first bucket at or after `from` with a slot that has `least` of `with`; NONE when there is none. */
  #bucketUp(from: number, least: number): number {
    if (from >= this.#buckets) return NONE;
    let node = this.#buckets + from;
    while (this.#most[node]! < least) {
      while (node & 1) node >>= 1;
      if (node === 0) return NONE;
      node += 1;
    }
    while (node < this.#buckets) {
      node *= 2;
      if (this.#most[node]! < least) node += 1;
    }
    return node - this.#buckets;
  }

  /** The last bucket at or before `from` with a slot that has `least` of `with`; NONE when there is none. */
  #bucketDown(from: number, least: number): number {
    if (from < 0) return NONE;
    let node = this.#buckets + from;
    while (this.#most[node]! < least) {
      while (node > 1 && !(node & 1)) node >>= 1;
      if (node <= 1) return NONE;
      node -= 1;
    }
    while (node < this.#buckets) {
      node = 2 * node + 1;
      if (this.#most[node]! < least) node -= 1;
    }
    return node - this.#buckets;
  }

  /** The slot with least of `by` that fits and is open to the caller; NONE when there is none. */
  tightest(by: number, with_: number, isOpen: ((slot: number) => boolean) | undefined): number {
    for (
      let bucket = this.#bucketUp(this.#bucket(by), with_);
      bucket !== NONE;
      bucket = this.#bucketUp(bucket + 1, with_)
    ) {
      let best = NONE;
      let bestBy = 0;
      for (let slot = this.#head[bucket]!; slot !== NONE; slot = this.#next[slot]!) {
        const amount = this.#by(slot);
        if (amount < by || this.#with(slot) < with_ || (best !== NONE && amount >= bestBy) || (isOpen && !isOpen(slot)))
          continue;
        best = slot;
        bestBy = amount;
        if (this.#quantum === 1) break;
      }
      if (best !== NONE) return best;
    }
    return NONE;
  }

  /** The slot with most of `by` that fits and is open; NONE when there is none. */
  roomiest(by: number, with_: number, isOpen: ((slot: number) => boolean) | undefined): number {
    const least = this.#bucket(by);
    let bucket = this.#bucketDown(this.#buckets - 1, with_);
    for (; bucket !== NONE && bucket >= least; bucket = this.#bucketDown(bucket - 1, with_)) {
      let best = NONE;
      let bestBy = -1;
      for (let slot = this.#head[bucket]!; slot !== NONE; slot = this.#next[slot]!) {
        const amount = this.#by(slot);
        if (amount < by || this.#with(slot) < with_ || amount <= bestBy || (isOpen && !isOpen(slot))) continue;
        best = slot;
        bestBy = amount;
        if (this.#quantum === 1) break;
      }
      if (best !== NONE) return best;
    }
    return NONE;
  }
}
