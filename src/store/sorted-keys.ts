/**
 * A sorted set of keys. Sorted keys stand in chunks, so that insertion, removal and seeking cost a binary search and a
 * splice in one chunk. New keys wait unsorted until somebody walks the set: tables with a million rows have indexes
 * that are counted all the time and walked rarely.
 */

/** A chunk that grows above this splits in two. Higher: splices move more; lower: more chunks to search. */
const maxChunk = 512;

/** New keys that wait before they are sorted in, for small sets. Higher: more memory; lower: bulk insertion is slower. */
const maxUnsorted = 1024;

/** Index of the first key that is not below `key`. */
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
  /** Made only when needed: most sets are small buckets of an index. None of its keys is in a chunk. */
  #unsorted: string[] | undefined;
  #sortedCount = 0;
  /** Counts the changes, so that walks notice them. */
  #version = 0;

  get size(): number {
    return this.#sortedCount + (this.#unsorted?.length ?? 0);
  }

  /** Adds a key that is not in the set. */
  add(key: string): void {
    this.#version += 1;
    if (this.#unsorted) this.#unsorted.push(key);
    else this.#unsorted = [key];
    if (this.#unsorted.length > maxUnsorted && this.#unsorted.length > this.#sortedCount) this.#sort();
  }

  /** Removes a key that is in the set. */
  delete(key: string): void {
    this.#version += 1;
    if (this.#unsorted?.at(-1) === key) {
      this.#unsorted.pop();
      return;
    }
    this.#sort();
    const at = this.#chunkFor(key);
    const chunk = this.#chunks[at];
    if (!chunk) return;
    const position = lowerBound(chunk, key);
    if (chunk[position] !== key) return;
    chunk.splice(position, 1);
    this.#sortedCount -= 1;
    if (chunk.length === 0) this.#chunks.splice(at, 1);
  }

  /**
   * Keys in order, strictly after `after` when given. The set may change during the walk: keys that are there all the
   * time come exactly once, removed ones no more, added ones when they lie ahead.
   */
  *from(after?: string): Generator<string> {
    let last = after;
    for (;;) {
      this.#sort();
      const version = this.#version;
      let at = last === undefined ? 0 : this.#chunkFor(last);
      let position = 0;
      if (last !== undefined && at < this.#chunks.length) {
        position = lowerBound(this.#chunks[at]!, last);
        if (this.#chunks[at]![position] === last) position += 1;
      }
      for (; version === this.#version && at < this.#chunks.length; at++, position = 0) {
        const chunk = this.#chunks[at]!;
        while (version === this.#version && position < chunk.length) {
          last = chunk[position++]!;
          yield last;
        }
      }
      if (version === this.#version) return;
    }
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

  #sort(): void {
    const added = this.#unsorted;
    if (!added || added.length === 0) return;
    this.#unsorted = undefined;
    if (added.length > this.#sortedCount / 16) this.#rebuild(added);
    else for (const key of added) this.#insert(key);
    this.#sortedCount += added.length;
  }

  #rebuild(added: readonly string[]): void {
    const keys = this.#chunks.flat();
    for (const key of added) keys.push(key);
    keys.sort();
    this.#chunks = [];
    const half = maxChunk / 2;
    if (keys.length <= maxChunk) this.#chunks.push(keys);
    else for (let i = 0; i < keys.length; i += half) this.#chunks.push(keys.slice(i, i + half));
  }

  #insert(key: string): void {
    const at = this.#chunkFor(key);
    const chunk = this.#chunks[at]!;
    chunk.splice(lowerBound(chunk, key), 0, key);
    if (chunk.length > maxChunk) this.#chunks.splice(at + 1, 0, chunk.splice(chunk.length >>> 1));
  }
}
