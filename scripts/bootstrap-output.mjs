/** What the user sees while the machine is being set up; everything goes to standard error. */
import { spawn } from 'node:child_process';

/** Something that the user has to put right: what is wrong, and what to do about it. */
export class SetupError extends Error {
  constructor(message, advice) {
    super(message);
    this.advice = advice;
  }
}

export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Says `label`, runs `work` and says how long it took. On a terminal the seconds count up in place; elsewhere a line
 * every 15 seconds shows that it is still at it.
 */
export async function step(label, work) {
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  const live = process.stderr.isTTY;
  if (live) process.stderr.write(`• ${label} …`);
  else say(`• ${label} …`);
  const timer = setInterval(
    () =>
      live ? process.stderr.write(`\r• ${label} … ${seconds()} s`) : say(`  still at it: ${label} (${seconds()} s)`),
    live ? 1000 : 15_000,
  );
  try {
    const result = await work();
    if (live) process.stderr.write(`\r\x1b[2K✓ ${label} (${seconds()} s)\n`);
    else say(`  done in ${seconds()} s`);
    return result;
  } catch (error) {
    if (live) process.stderr.write('\n');
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** Runs a program without a terminal or standard input; answers its exit code (-1: not started) and what it printed. */
export function run(program, argv, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, argv, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output = (output + chunk).slice(-20_000);
      });
    }
    child.once('error', (error) => resolve({ code: -1, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? -1, output }));
  });
}

export const lastLines = (text, count) => text.trimEnd().split('\n').slice(-count).join('\n');
