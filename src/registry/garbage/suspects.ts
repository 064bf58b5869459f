/** What the collector will look at: keys with the time from which on, in the order of those times. */
export class Suspects {
  readonly #due = new Map<string, number>();

  get size(): number {
    return this.#due.size;
  }

  /** Later than all before it, or a little out of order: then it is looked at a little later. */
  add(key: string, dueMs: number): void {
    this.#due.delete(key);
    this.#due.set(key, dueMs);
  }

  /** Takes out what is due, `limit` at most. */
  take(nowMs: number, limit: number): string[] {
    const taken: string[] = [];
    for (const [key, dueMs] of this.#due) {
      if (dueMs > nowMs || taken.length === limit) break;
      this.#due.delete(key);
      taken.push(key);
    }
    return taken;
  }

  keys(): string[] {
    return [...this.#due.keys()];
  }

  get nextDue(): number | undefined {
    for (const dueMs of this.#due.values()) return dueMs;
    return undefined;
  }
}
