/** A binary heap whose least item may change in place: `settle` puts it back in order, `pop` drops it. */
export class Heap<T> {
  readonly #items: T[];
  readonly #before: (a: T, b: T) => boolean;

  constructor(items: T[], before: (a: T, b: T) => boolean) {
    this.#items = items;
    this.#before = before;
    for (let at = (items.length >>> 1) - 1; at >= 0; at--) this.#sink(at);
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  settle(): void {
    this.#sink(0);
  }

  pop(): void {
    const last = this.#items.pop();
    if (last === undefined || this.#items.length === 0) return;
    this.#items[0] = last;
    this.#sink(0);
  }

  #sink(start: number): void {
    const items = this.#items;
    let at = start;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= items.length) return;
      const right = left + 1;
      const least = right < items.length && this.#before(items[right]!, items[left]!) ? right : left;
      if (!this.#before(items[least]!, items[at]!)) return;
      const moved = items[at]!;
      items[at] = items[least]!;
      items[least] = moved;
      at = least;
    }
  }
}
