/**
 * Says when files have changed, appeared or gone. It looks at them every second instead of being told: files are replaced
 * through links and in mounted directories, of which the system tells nothing.
 */
import { stat } from 'node:fs/promises';
import type { Clock, Timer } from '#lib/clock.ts';

const everyMs = 1_000;

async function look(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return '';
  }
}

/** Answers how to end it. `onChange` is awaited before the next look. */
export function watchFiles(
  clock: Clock,
  files: readonly string[],
  onChange: () => Promise<void> | void,
): { close(): void } {
  let timer: Timer | undefined;
  let closed = false;
  let before: string | undefined;
  const tick = async () => {
    const now = (await Promise.all(files.map(look))).join('\n');
    if (closed) return;
    const changed = before !== undefined && now !== before;
    before = now;
    if (changed) await onChange();
    if (!closed) timer = clock.after(everyMs, () => void tick());
  };
  void tick();
  return {
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}
