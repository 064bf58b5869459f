/** A line to the parent, out before anything else happens; a pipe that is full is waited for, since its reader may be busy. */
import { writeSync } from 'node:fs';

const waiting = new Int32Array(new SharedArrayBuffer(4));

export function say(line: string): void {
  let left = Buffer.from(`${line}\n`);
  while (left.length > 0) {
    try {
      left = left.subarray(writeSync(1, left));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(waiting, 0, 0, 5);
    }
  }
}
