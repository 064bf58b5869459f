/**
 * The process of one scan: whatever an image holds, it cannot hold up or bring down the control plane. It ends with its
 * scan, when it is told to stop, and with the process that started it; scanners that it runs end with it.
 */
import { writeFileSync } from 'node:fs';
import { ScanFailure } from '../report.ts';
import type { FromScan, ScanJob } from './messages.ts';
import { runJob } from './run-job.ts';

/** When memory runs out, this is what goes first, and the scanners that it runs with it. */
try {
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // not Linux, or not allowed: then the system chooses
}

const stop = new AbortController();
process.once('disconnect', () => stop.abort());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

const say = (message: FromScan) =>
  new Promise<void>((resolve) => {
    if (process.connected) process.send!(message, () => resolve());
    else resolve();
  });

process.once('message', async (job: ScanJob) => {
  try {
    await say({ kind: 'done', done: await runJob(job, stop.signal) });
  } catch (error) {
    const known = error instanceof ScanFailure;
    const reason = known ? error.message : `The scan failed: ${(error as Error).message}`;
    await say({ kind: 'failed', failure: known ? error.kind : 'TRANSIENT', reason });
  }
  process.exit(0);
});
