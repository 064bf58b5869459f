/** Waiting for something to become true, asked again and again: the APIs have no push for clients. */
import type { Clock } from '#lib/clock.ts';

/** Answers the first result that is not undefined, or undefined when `deadlineMs` (from now) passes or `signal` aborts. */
export async function waitFor<T>(
  clock: Clock,
  options: { readonly deadlineMs: number; readonly everyMs: number; readonly signal: AbortSignal },
  ask: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const deadline = clock.now() + options.deadlineMs;
  for (;;) {
    options.signal.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (clock.now() >= deadline) return undefined;
    await clock.sleep(options.everyMs, options.signal);
  }
}
