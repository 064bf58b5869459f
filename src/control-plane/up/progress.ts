/** What `up` says while it works: one line per step, with the seconds of slow ones. Nothing moves when there is no terminal. */
import type { Clock } from '#lib/clock.ts';

export interface Terminal {
  write(text: string): void;
  readonly isTTY?: boolean;
}

export interface Step {
  /** Replaces what the step says about where it is, e.g. "1 of 2 tasks running". */
  note(text: string): void;
}

export interface Progress {
  line(text?: string): void;
  step<T>(label: string, work: (step: Step) => Promise<T>, describe?: (result: T) => string): Promise<T>;
}

/** A step longer than this shows its seconds at the end; shorter ones would only make noise. */
const notableMs = 1500;

export function createProgress(
  terminal: Terminal,
  clock: Clock,
  paint: { readonly good: (text: string) => string; readonly dim: (text: string) => string },
): Progress {
  const live = terminal.isTTY === true;
  return {
    line: (text = '') => terminal.write(`${text}\n`),
    async step(label, work, describe) {
      const startedAt = clock.now();
      let said = '';
      const note = (text: string) => {
        if (text === said) return;
        said = text;
        terminal.write(live ? `\r\x1b[2K• ${label}: ${text}` : `  ${label}: ${text}\n`);
      };
      if (live) terminal.write(`• ${label} …`);
      try {
        const result = await work({ note });
        const tookMs = clock.now() - startedAt;
        const seconds = tookMs > notableMs ? paint.dim(` (${(tookMs / 1000).toFixed(1)} s)`) : '';
        const outcome = describe ? `: ${describe(result)}` : '';
        terminal.write(`${live ? '\r\x1b[2K' : ''}${paint.good('✓')} ${label}${outcome}${seconds}\n`);
        return result;
      } catch (error) {
        if (live) terminal.write('\n');
        throw error;
      }
    },
  };
}
