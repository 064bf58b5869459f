/** Takes note of pulls and tells the control plane about them once a second: pulls are many, and nobody waits for this. */
import type { Pull } from '#images/pulls.ts';
import type { Clock, Timer } from '#lib/clock.ts';

const everyMs = 1_000;
/** An image that is pulled again within this time is not told again. */
const resolutionMs = 30_000;
const maxKnown = 50_000;

export interface PullRecorder {
  record(pull: Omit<Pull, 'atMs'>): void;
  /** Tells what is known at once. */
  flush(): void;
}

export function createPullRecorder(deps: {
  readonly clock: Clock;
  readonly send: (pulls: readonly Pull[]) => void;
}): PullRecorder {
  const { clock } = deps;
  const told = new Map<string, number>();
  let waiting = new Map<string, Pull>();
  let timer: Timer | undefined;
  const flush = () => {
    timer?.cancel();
    timer = undefined;
    if (waiting.size === 0) return;
    const pulls = [...waiting.values()];
    waiting = new Map();
    deps.send(pulls);
  };
  return {
    record(pull) {
      const key = `${pull.repositoryArn}@${pull.digest} ${pull.principalArn ?? ''}`;
      const now = clock.now();
      if (now - (told.get(key) ?? 0) < resolutionMs) return;
      if (told.size >= maxKnown) told.clear();
      told.set(key, now);
      waiting.set(key, { ...pull, atMs: now });
      timer ??= clock.after(everyMs, flush);
    },
    flush,
  };
}
