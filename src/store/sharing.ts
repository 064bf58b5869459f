/**
 * Lets what is equal in many rows be one thing in memory: ARNs of clusters, services and instances, overrides, reservations,
 * empty lists. That is half of a task's row, and comparing them is comparing addresses. Rows are immutable, so nobody can tell.
 */

/** Shorter texts cost less than looking them up. */
const minText = 12;
/** Values with more members are rarely equal; what is in them may be. */
const maxMembers = 6;
const maxJson = 160;
/** Texts that are different in every row must not fill the memory that the others spare. */
const maxKnown = 200_000;

function isLarge(value: object): boolean {
  const sample: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof sample !== 'object' || sample === null) return false;
  let members = 0;
  for (const _ in sample) if (++members > maxMembers) return true;
  return false;
}

export class Sharing {
  readonly #texts = new Map<string, string>();
  readonly #values = new Map<string, unknown>();

  /** Replaces what is in `row`, which nobody else has seen yet, by what earlier rows had. */
  share(row: object, depth = 2): void {
    const members = row as Record<string, unknown>;
    for (const name in members) {
      const value = members[name];
      if (typeof value === 'string') {
        // An `arn` is the row's own.
        if (value.length >= minText && name !== 'arn') members[name] = this.#known(this.#texts, value, value);
      } else if (typeof value === 'object' && value !== null) members[name] = this.#shareValue(value, depth);
    }
  }

  #shareValue(value: object, depth: number): unknown {
    if (!isLarge(value)) {
      const json = JSON.stringify(value);
      if (json.length <= maxJson) return this.#known(this.#values, json, value);
    }
    if (depth > 0) this.share(value, depth - 1);
    return value;
  }

  #known<T>(all: Map<string, T>, key: string, value: T): T {
    const known = all.get(key);
    if (known !== undefined) return known;
    if (all.size < maxKnown) all.set(key, value);
    return value;
  }
}
