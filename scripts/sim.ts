/**
 * `npm run sim -- --seed N [--seeds M] [--steps K] [--verbose]`: runs histories of the simulated control plane. One
 * seed prints its trace; several print one line for each that breaks something, and the traces stay out of the way.
 * Exit code 1 when any does.
 */
import { parseArgs } from 'node:util';
import { type RunResult, runSeed } from '../test/simulation/world/world.ts';

const usage = 'npm run sim -- --seed N [--seeds M] [--steps K] [--verbose]';

function wholeNumber(name: string, text: string | undefined, fallback: number, least: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  console.error(`--${name} takes a whole number from ${least}: ${usage}`);
  process.exit(2);
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    steps: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});
const first = wholeNumber('seed', values.seed, 1, 0);
const count = wholeNumber('seeds', values.seeds, 1, 1);
const steps = values.steps === undefined ? undefined : wholeNumber('steps', values.steps, 0, 0);

const command = (seed: number) => `npm run sim -- --seed ${seed}${steps === undefined ? '' : ` --steps ${steps}`}`;

function tell({ seed, violations }: RunResult): void {
  console.log(`seed ${seed} breaks:`);
  for (const { check, message } of violations) console.log(`  ${check}: ${message}`);
  console.log(`  repeat it: ${command(seed)}`);
}

let broken = 0;
const startedAt = performance.now();
for (let seed = first; seed < first + count; seed++) {
  const result = await runSeed({ seed, verbose: values.verbose, ...(steps !== undefined && { steps }) });
  if (count === 1) for (const line of result.trace) console.log(line);
  if (result.violations.length === 0) continue;
  broken += 1;
  tell(result);
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
console.log(`${count} ${count === 1 ? 'history' : 'histories'} in ${seconds} s: ${broken} broken`);
process.exitCode = broken > 0 ? 1 : 0;
