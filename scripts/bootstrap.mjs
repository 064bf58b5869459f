/**
 * What `npm start` and `npm test` run first: brings the machine to where Slipway's own code can run, then hands over.
 * It runs on whatever Node the machine has (18 or newer) and needs no package: it is what installs them.
 *
 *   node scripts/bootstrap.mjs start [flags of `slipway up`]
 *   node scripts/bootstrap.mjs test [paths]
 *
 * Each step looks first and does something only when it has to, so a second run costs little. Nothing here reads
 * standard input. SLIPWAY_SETUP=0 keeps it from installing or starting anything outside this directory (Docker).
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDependencies, withCompileCache } from './bootstrap-dependencies.mjs';
import { ensureDocker } from './bootstrap-docker.mjs';
import { SetupError, say } from './bootstrap-output.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

function flagValue(flags, name) {
  const at = flags.findIndex((flag) => flag === name || flag.startsWith(`${name}=`));
  if (at < 0) return undefined;
  return flags[at] === name ? flags[at + 1] : flags[at].slice(name.length + 1);
}

/** Replaces this process where Node can; otherwise runs a child, passes signals on and answers its exit code. */
async function handOver(node, argv, env) {
  if (typeof process.execve === 'function') process.execve(node, [node, ...argv], env);
  const child = spawn(node, argv, { stdio: 'inherit', env });
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
  // On a terminal Ctrl-C reaches the child by itself; passing it on too is harmless, `up` takes both as one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.exitCode = await ended;
}

async function start(flags) {
  const node = await ensureDependencies(root);
  const needsDocker = !flags.some((flag) => ['--no-agent', '--help', '-h'].includes(flag));
  const env = withCompileCache(root);
  if (needsDocker) {
    const dataDir = flagValue(flags, '--data') ?? env.SLIPWAY_DATA;
    env.DOCKER_HOST = await ensureDocker({ dataDir, required: true });
  }
  await handOver(node, [path.join(root, 'src/bin/slipway.ts'), 'up', ...flags], env);
}

async function test(paths) {
  const node = await ensureDependencies(root);
  const env = withCompileCache(root);
  const host = await ensureDocker({ required: false });
  if (host) env.DOCKER_HOST = host;
  else env.SLIPWAY_NO_DOCKER = '1';
  await handOver(node, [path.join(root, 'scripts/test.ts'), ...paths], env);
}

const commands = { start, test };
const [name, ...rest] = process.argv.slice(2);
try {
  if (Number(process.versions.node.split('.')[0]) < 18) {
    throw new SetupError(
      `Node ${process.versions.node} is too old even to set Slipway up.`,
      'Install Node 18 or newer.',
    );
  }
  const run = commands[name];
  if (!run) throw new SetupError(`unknown command: ${name ?? '(none)'}`, 'Use `npm start` or `npm test`.');
  await run(rest);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(`\nslipway: ${error.message}`);
  if (error.advice) say(error.advice);
  process.exitCode = 1;
}
