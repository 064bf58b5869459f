/**
 * A sorted set of keys in chunks: insertion, removal and seeking cost a binary search over the chunks and a splice in
 * one. A chunk that grows above MAX_CHUNK splits in two. Higher: splices move more; lower: more chunks to search.
 */
const MAX_CHUNK = 512;

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (keys[mid]! < key) low = mid + 1;
    else high = mid;
  }
  return low;
}

export class SortedKeys {
  #chunks: string[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Index of the chunk that holds or would hold `key`: the last one whose first key is not above it. */
  #chunkFor(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (this.#chunks[mid]![0]! <= key) low = mid + 1;
      else high = mid;
    }
    return Math.max(0, low - 1);
  }

  add(key: string): void {
    if (this.#chunks.length === 0) this.#chunks.push([]);
    const at = this.#chunkFor(key);
    const chunk = this.#chunks[at]!;
    const position = lowerBound(chunk, key);
    if (chunk[position] === key) return;
    chunk.splice(position, 0, key);
    this.#size += 1;
    if (chunk.length > MAX_CHUNK) this.#chunks.splice(at + 1, 0, chunk.splice(chunk.length >>> 1));
  }

  delete(key: string): void {
    const at = this.#chunkFor(key);
    const chunk = this.#chunks[at];
    if (!chunk) return;
    const position = lowerBound(chunk, key);
    if (chunk[position] !== key) return;
    chunk.splice(position, 1);
    this.#size -= 1;
    if (chunk.length === 0) this.#chunks.splice(at, 1);
  }

  /** Keys in order, strictly after `after` when given. The set must not change while it is walked. */
  *from(after?: string): Generator<string> {
    const first = after === undefined ? 0 : this.#chunkFor(after);
    for (let at = first; at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at]!;
      let position = 0;
      if (after !== undefined && at === first) {
        position = lowerBound(chunk, after);
        if (chunk[position] === after) position += 1;
      }
      for (; position < chunk.length; position++) yield chunk[position]!;
    }
  }

  /** A copy of the keys, in order; safe to walk while the set changes. */
  snapshot(): string[] {
    return this.#chunks.flat();
  }
}
