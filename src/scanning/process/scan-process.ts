/** The process of a scan as the control plane sees it. */
import { fork } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Clock } from '#lib/clock.ts';
import { ScanFailure } from '../report.ts';
import type { FromScan, ScanDone, ScanJob } from './messages.ts';

const program = fileURLToPath(new URL('./main.ts', import.meta.url));
/** What the process gets to clean up behind itself, and to end a scanner that it runs. */
const graceMs = 2_000;
/** A larger heap is a sign of something that was not foreseen; files of images are kept outside of it. */
const maxHeapMiB = 1_024;
/** Higher: scans wait longer behind everything else on the machine; lower: they compete with what serves people. */
const niceness = 10;

/** The process and the scanners that it has started, also those that it has left behind. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Rejects with ScanFailure. `onStart` is told the process's id. Once `signal` aborts the process is stopped, and this
 * rejects when it is gone.
 */
export function runInProcess(
  job: ScanJob,
  options: {
    readonly clock: Clock;
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
    readonly onStart?: (pid: number | undefined) => void;
  },
): Promise<ScanDone> {
  return new Promise((resolve, reject) => {
    const child = fork(program, [], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [`--max-old-space-size=${maxHeapMiB}`],
      detached: true,
    });
    if (child.pid !== undefined) setPriority(child.pid, niceness);
    options.onStart?.(child.pid);
    let answer: FromScan | undefined;
    let timedOut = false;
    let said = '';
    const stop = () => {
      if (child.connected) child.disconnect();
      options.clock.after(graceMs, () => {
        if (child.exitCode === null && child.signalCode === null) killGroup(child.pid);
      });
    };
    const timer = options.clock.after(options.timeoutMs, () => {
      timedOut = true;
      stop();
    });
    options.signal.addEventListener('abort', stop, { once: true });
    child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-1_000);
    });
    child.on('message', (message: FromScan) => {
      answer = message;
    });
    let how: string | undefined;
    /** What it has said may arrive after its end, but not after the end of its channel. */
    const endWhenOver = () => {
      if (how === undefined || child.connected) return;
      timer.cancel();
      options.signal.removeEventListener('abort', stop);
      if (answer?.kind === 'done') return resolve(answer.done);
      if (timedOut) {
        const seconds = Math.ceil(options.timeoutMs / 1_000);
        return reject(new ScanFailure('FAILED', `The scan was not over after ${seconds} seconds.`));
      }
      if (answer) return reject(new ScanFailure(answer.failure, answer.reason));
      reject(new ScanFailure('TRANSIENT', `The process of the scan ended (${how}). ${said.trim()}`.trim()));
    };
    const onEnd = (words: string) => {
      killGroup(child.pid);
      how ??= words;
      endWhenOver();
    };
    child.once('disconnect', endWhenOver);
    child.once('error', (error) => onEnd(error.message));
    child.once('exit', (code, signal) => onEnd(signal ? `killed by ${signal}` : `exit code ${code}`));
    child.send(job, (error) => error && stop());
    if (options.signal.aborted) stop();
  });
}
