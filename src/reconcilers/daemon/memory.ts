/**
 * What the daemon scheduler remembers of a service between passes: hints only, made anew by looking at every instance of
 * its cluster once (a scan), so that a change costs a look at the instance that changed and at no other.
 */
import type { Refusal } from '#placement/request.ts';

export class DaemonMemory {
  /** Instances to look at. */
  readonly dirty = new Set<string>();
  /** Instances whose task has to be replaced when its turn comes. */
  readonly outdated = new Set<string>();
  /** Instances that wait for launches to be no longer held. */
  readonly missing = new Set<string>();
  /** Instances that want a task and have no room for it. */
  readonly blocked = new Map<string, Refusal>();
  /** Instances that want a task; known when `isKnown`. */
  wanted = new Set<string>();
  isKnown = false;
  #seen: Set<string> | undefined;
  #cursor: string | undefined;

  get isScanning(): boolean {
    return this.#seen !== undefined;
  }

  /** Looks at every instance again; a scan that is under way goes on. */
  startScan(): void {
    this.#seen ??= new Set();
  }

  /** The next instances to look at, each once, at most `most`: those that changed, then those of the scan. */
  take(most: number, walk: (after: string | undefined) => Iterable<string>): string[] {
    const batch = new Set<string>();
    for (const arn of this.dirty) {
      if (batch.size === most) return [...batch];
      this.dirty.delete(arn);
      batch.add(arn);
    }
    if (!this.#seen) return [...batch];
    for (const arn of walk(this.#cursor)) {
      if (batch.size === most) return [...batch];
      this.#cursor = arn;
      batch.add(arn);
    }
    this.#cursor = undefined;
    return [...batch];
  }

  /** Whether the instance wants a task, as just looked at. */
  note(arn: string, isWanted: boolean): void {
    for (const set of [this.wanted, this.#seen]) {
      if (isWanted) set?.add(arn);
      else set?.delete(arn);
    }
    this.outdated.delete(arn);
    this.missing.delete(arn);
    this.blocked.delete(arn);
  }

  /** To be called when a batch has been dealt with: ends the scan that came to the end with it. */
  endBatch(): void {
    if (!this.#seen || this.#cursor !== undefined) return;
    this.wanted = this.#seen;
    this.#seen = undefined;
    this.isKnown = true;
    for (const set of [this.outdated, this.missing, this.blocked]) {
      for (const arn of set.keys()) if (!this.wanted.has(arn)) set.delete(arn);
    }
  }
}
