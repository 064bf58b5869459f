import { parseUpConfig, type UpOptions } from '#control-plane/config.ts';
import { createProgress } from '#control-plane/up/progress.ts';
import { up } from '#control-plane/up/up.ts';
import { systemClock } from '#lib/clock.ts';
import type { LogLevel } from '#lib/logger.ts';
import { paint } from '../output.ts';

/** Ctrl-C reaches this process from the terminal and again through npm: two signals this close are one. */
const sameSignalMs = 1_000;

/** Aborts at the first signal; a later second one ends the process at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  let firstAt = 0;
  const onSignal = () => {
    const now = systemClock.now();
    if (!stop.signal.aborted) firstAt = now;
    else if (now - firstAt > sameSignalMs) process.exit(130);
    stop.abort(new Error('stopped by a signal'));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  return stop.signal;
}

export async function runUp(options: UpOptions & { readonly logLevel: LogLevel }): Promise<void> {
  const config = parseUpConfig(options);
  const progress = createProgress(process.stdout, systemClock, paint);
  await up(config, { progress, signal: stopSignal(), logLevel: options.logLevel });
}
