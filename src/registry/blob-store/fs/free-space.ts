/**
 * Pushes leave some of the disk free. State usually lies on the same disk, and a control plane that cannot write its journal
 * ends: a push that is refused is the lesser evil.
 */
import { statfsSync } from 'node:fs';

/** More: pushes are refused earlier; less: state and logs may find no room. A small disk gives a twentieth. */
const keptBytes = 256 * 2 ** 20;
const keptPart = 0.05;
/** How much is written before the disk is asked again. */
const trustBytes = 16 * 2 ** 20;

/** Throws an ENOSPC for bytes that would take of what is left free. */
export function leaveFree(directory: string, ask: typeof statfsSync = statfsSync): (bytes: number) => void {
  let trusted = 0;
  return (bytes) => {
    trusted -= bytes;
    if (trusted >= 0) return;
    const { bavail, blocks, bsize } = ask(directory);
    const free = bavail * bsize - Math.min(keptBytes, blocks * bsize * keptPart);
    if (free < bytes) {
      trusted = 0;
      throw Object.assign(new Error('what is left of the disk is kept for state and logs'), { code: 'ENOSPC' });
    }
    trusted = Math.min(trustBytes, (free - bytes) / 4);
  };
}
