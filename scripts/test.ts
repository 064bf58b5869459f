/**
 * `npm test`: everything that this machine can run, in the order in which failures are cheapest to find.
 *
 *   1. types and lint
 *   2. unit, property, contract, simulation tests, in parallel
 *   3. end-to-end tests, one after the other: they share Docker and measure time
 *
 *   npm test                    everything
 *   npm test -- src/store e2e   only the files whose path holds one of these words (and no types or lint)
 *
 * The last line is always `N passed, N failed, N skipped`; what was skipped is listed with its reason above it.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { run } from 'node:test';
import { ensureBusyboxImage } from '../test/support/busybox-image.ts';
import { createTally, type Tally } from './test-tally.ts';

const root = path.resolve(import.meta.dirname, '..');
/** A file that takes longer hangs; the slowest (e2e) needs a few minutes on a busy machine with two cores. */
const unitFileTimeoutMs = 180_000;
const e2eFileTimeoutMs = 600_000;
/** After this the run ends whatever it is doing, so that nothing waits for ever. */
const wholeRunTimeoutMs = 40 * 60_000;

function runTool(name: string, argv: readonly string[], tally: Tally): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(path.join(root, 'node_modules/.bin', name), argv, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk;
      });
    }
    const finish = (failed: boolean, details: string) => {
      tally.check(argv.length > 0 ? `${name} ${argv.join(' ')}` : name, failed ? details : undefined);
      resolve();
    };
    child.once('error', (error) => finish(true, error.message));
    child.once('close', (code) => finish(code !== 0, output.trimEnd().split('\n').slice(-60).join('\n')));
  });
}

function findTests(words: readonly string[]): { readonly unit: string[]; readonly e2e: string[] } {
  const all = globSync(['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'], { cwd: root })
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word.replace(/^\.\//, ''))))
    .sort();
  return {
    unit: all.filter((file) => !file.startsWith('test/e2e/')),
    e2e: all.filter((file) => file.startsWith('test/e2e/')),
  };
}

async function runFiles(
  files: readonly string[],
  concurrency: number,
  timeout: number,
  signal: AbortSignal,
  tally: Tally,
): Promise<void> {
  if (files.length === 0) return;
  const events = run({ files: files.map((file) => path.join(root, file)), concurrency, timeout, signal, cwd: root });
  for await (const event of events) tally.event(event);
}

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const tally = createTally(root, (line) => process.stdout.write(`${line}\n`));
  const { unit, e2e } = findTests(words);
  const limit = new AbortController();
  const timer = setTimeout(() => {
    tally.check('the whole run', `not done after ${wholeRunTimeoutMs / 60_000} minutes; ended`);
    limit.abort();
    // Whatever does not end by itself within the grace is cut off, with the count of what is known.
    setTimeout(() => process.exit(tally.finish()), 20_000).unref();
  }, wholeRunTimeoutMs);
  if (words.length > 0 && unit.length + e2e.length === 0)
    tally.check('finding tests', `no test file's path holds ${words.join(' or ')}`);
  if (words.length === 0) {
    tally.section('Types and lint');
    await Promise.all([runTool('tsc', ['-p', 'tsconfig.json'], tally), runTool('biome', ['check', '.'], tally)]);
  }
  process.stdout.write(`Docker: ${await ensureBusyboxImage()}\n`);
  if (unit.length > 0) tally.section(`Unit, property, contract and simulation tests (${unit.length} files)`);
  await runFiles(unit, availableParallelism(), unitFileTimeoutMs, limit.signal, tally);
  if (e2e.length > 0) tally.section(`End-to-end tests (${e2e.length} files)`, true);
  await runFiles(e2e, 1, e2eFileTimeoutMs, limit.signal, tally);
  clearTimeout(timer);
  // Explicit: a handle that some test left open must not keep the run from ending.
  process.exit(tally.finish());
}

await main();
