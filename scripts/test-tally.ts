/** Counts the events of node:test, says what is going on as it goes, and sums up. */
import path from 'node:path';
import type { TestEvent } from 'node:test/reporters';

export interface Tally {
  /** `serial`: say which file begins, since one runs at a time and may take minutes. */
  section(title: string, serial?: boolean): void;
  /** A check that is not a test: passed, or failed with details. */
  check(name: string, failure: string | undefined): void;
  event(event: TestEvent): void;
  /** Prints failures, skips and the last line; answers the exit code. */
  finish(): number;
}

interface Outcome {
  readonly where: string;
  readonly details: string;
}

interface FileCount {
  passed: number;
  failed: number;
  skipped: number;
}

type Ended = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>;

/** An error of a test with its cause chain, without the lines of the runner itself. */
function describeFailure(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return text
    .split('\n')
    .filter((line) => !line.includes('node:internal'))
    .join('\n');
}

export function createTally(root: string, print: (line: string) => void): Tally {
  const failures: Outcome[] = [];
  const skips: Outcome[] = [];
  const files = new Map<string, FileCount>();
  /** The end of what each file wrote to standard error: all there is to see when its process dies. */
  const complaints = new Map<string, string>();
  let passed = 0;
  let serial = false;

  const relative = (file: string | undefined) => (file ? path.relative(root, file) : 'unknown file');

  function ended(event: Ended): void {
    const { data } = event;
    if (data.details.type === 'suite') return;
    const file = relative(data.file);
    const count = files.get(file) ?? { passed: 0, failed: 0, skipped: 0 };
    files.set(file, count);
    const where = data.name === data.file || data.name === file ? file : `${file}: ${data.name}`;
    const reason = data.skip ?? data.todo;
    if (reason !== undefined && reason !== false) {
      skips.push({
        where,
        details: typeof reason === 'string' && reason ? reason : data.todo ? 'to do' : 'no reason given',
      });
      count.skipped += 1;
    } else if (event.type === 'test:pass') {
      passed += 1;
      count.passed += 1;
    } else {
      const error = event.data.details.error as Error & { failureType?: string };
      // A parent whose subtests failed says nothing that they have not said.
      if (error.failureType === 'subtestsFailed') return;
      const complaint = where === file ? (complaints.get(file) ?? '') : '';
      failures.push({ where, details: `${describeFailure(error)}\n${complaint}`.trimEnd() });
      count.failed += 1;
    }
  }

  function summary(file: string, durationMs: number): void {
    const count = files.get(relative(file)) ?? { passed: 0, failed: 0, skipped: 0 };
    const words = [
      `${count.passed} passed`,
      ...(count.failed ? [`${count.failed} FAILED`] : []),
      ...(count.skipped ? [`${count.skipped} skipped`] : []),
    ];
    print(`${count.failed ? '✗' : '✓'} ${relative(file)}: ${words.join(', ')} (${(durationMs / 1000).toFixed(1)} s)`);
  }

  return {
    section(title, isSerial = false) {
      serial = isSerial;
      print(`\n${title}`);
    },
    check(name, failure) {
      if (failure === undefined) passed += 1;
      else failures.push({ where: name, details: failure });
      print(`${failure === undefined ? '✓' : '✗'} ${name}`);
    },
    event(event) {
      if (event.type === 'test:pass' || event.type === 'test:fail') ended(event);
      else if (event.type === 'test:summary' && event.data.file) summary(event.data.file, event.data.duration_ms);
      else if (event.type === 'test:dequeue' && serial && event.data.name === event.data.file)
        print(`… ${relative(event.data.file)}`);
      else if (event.type === 'test:stderr') {
        const file = relative(event.data.file);
        complaints.set(file, `${complaints.get(file) ?? ''}${event.data.message}`.slice(-4_000));
      } else if (event.type === 'test:diagnostic' && event.data.message.startsWith('seed'))
        print(`  ${event.data.message}`);
    },
    finish() {
      if (skips.length > 0) print('\nSkipped:');
      for (const { where, details } of skips) print(`- ${where}\n    ${details}`);
      if (failures.length > 0) print('\nFailed:');
      for (const { where, details } of failures) print(`✗ ${where}\n${details.replaceAll(/^/gm, '    ')}\n`);
      print(`\n${passed} passed, ${failures.length} failed, ${skips.length} skipped`);
      return failures.length > 0 || passed === 0 ? 1 : 0;
    },
  };
}
