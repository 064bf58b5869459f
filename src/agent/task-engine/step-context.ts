import { EngineError } from '../engine-api/engine.ts';
import type { TaskEngineDeps } from './engine-config.ts';
import type { ImagePulls } from './image-pulls.ts';
import type { EngineContainer, EngineTask } from './task.ts';
import type { GatheredResources } from './task-resources.ts';

/** What a step has to work with. */
export interface StepContext {
  readonly deps: TaskEngineDeps;
  readonly pulls: ImagePulls;
  /** Host ports that tasks here hold. */
  readonly taken: (protocol: 'tcp' | 'udp') => ReadonlySet<number>;
  readonly resources: GatheredResources;
  /** Writes the task down as it is now. */
  readonly persist: (task: EngineTask) => void;
  /** Port conflicts met so far, by container. */
  readonly portConflicts: WeakMap<EngineContainer, number>;
}

/** 90000 → `1m30s`, as Go prints durations. */
export function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return `${hours ? `${hours}h` : ''}${hours || minutes ? `${minutes}m` : ''}${seconds % 60}s`;
}

/** A step took longer than it may; the message is ECS's. */
export class StepTimeout extends Error {}

/** Runs `run` with a signal that aborts when `signal` does or after `ms`; throws `StepTimeout` after `ms`. */
export async function withDeadline<T>(
  ctx: StepContext,
  ms: number,
  transition: string,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  let late = false;
  const timer = ctx.deps.clock.after(ms, () => {
    late = true;
    abort.abort();
  });
  const timedOut = new Promise<never>((_, reject) => {
    abort.signal.addEventListener('abort', () => reject(new EngineError('aborted', 'the call was aborted')), {
      once: true,
    });
  });
  timedOut.catch(() => {});
  const onAbort = () => abort.abort();
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([run(abort.signal), timedOut]);
  } catch (error) {
    if (late) throw new StepTimeout(`Could not transition to ${transition}; timed out after waiting ${goDuration(ms)}`);
    throw error;
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', onAbort);
  }
}
