/** Installs the npm packages when they are not those that package-lock.json names, and finds the pinned Node. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { lastLines, run, SetupError, step } from './bootstrap-output.mjs';

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** npm's own record of what it installed agrees with the lock: someone ran `npm install` by hand. */
function installedAsLocked(root) {
  const record = path.join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = readJson(record).packages;
  return Object.entries(readJson(path.join(root, 'package-lock.json')).packages).every(
    ([at, locked]) => at === '' || locked.optional || locked.peer || installed[at]?.version === locked.version,
  );
}

/** npm's error lines without the usage text that it likes to add. */
const whatNpmSaid = (output) =>
  output
    .split('\n')
    .filter((line) => line.startsWith('npm error') && line.trim() !== 'npm error')
    .slice(0, 12)
    .join('\n') || lastLines(output, 12);

/** The npm that is running us when there is one, so that its version and settings are the user's. */
function npm(argv, root) {
  const script = process.env.npm_execpath;
  const viaScript = script && /\.c?js$/.test(script) && existsSync(script);
  // npm hands its whole configuration to scripts as variables; a nested npm would warn about those that it does not know.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(config|package|lifecycle)_/i.test(name)),
  );
  for (const name of ['npm_config_registry', 'npm_config_cache', 'npm_config_userconfig', 'npm_config_globalconfig']) {
    if (process.env[name]) env[name] = process.env[name];
  }
  return viaScript
    ? run(process.execPath, [script, ...argv], { cwd: root, env })
    : run('npm', argv, { cwd: root, env });
}

async function worksAsNode(file, wanted) {
  if (!existsSync(file)) return false;
  const { code, output } = await run(file, ['--version']);
  return code === 0 && output.trim() === `v${wanted}`;
}

/**
 * The pinned Node comes with an install script of the package `node`; where scripts are switched off it is run here,
 * for this one package.
 */
async function ensurePinnedNode(root) {
  const file = path.join(root, 'node_modules/.bin/node');
  const wanted = readJson(path.join(root, 'package.json')).devDependencies.node;
  if (await worksAsNode(file, wanted)) return;
  const directory = path.join(root, 'node_modules/node');
  await step(`Installing Node ${wanted} for Slipway only`, async () => {
    const { output } = await run(process.execPath, ['installArchSpecificPackage.js'], {
      cwd: directory,
      env: { ...process.env, npm_config_ignore_scripts: 'false' },
    });
    if (existsSync(path.join(directory, 'bin/node')) && !existsSync(file)) symlinkSync('../node/bin/node', file);
    if (!(await worksAsNode(file, wanted))) {
      throw new SetupError(
        `Node ${wanted} could not be installed:\n${lastLines(output, 15)}`,
        'Check the npm registry, then run this again.',
      );
    }
  });
}

/** The environment in which Node keeps what it made of our sources: start-up is twice as fast and takes 40 MB less memory. */
export const withCompileCache = (root) => ({
  NODE_COMPILE_CACHE: path.join(root, 'node_modules/.cache/slipway'),
  ...process.env,
});

/** Fills that cache, so that already the first start has it. A failure here is nobody's: the start itself will tell. */
async function compileOnce(root, node) {
  const programs = ['src/control-plane/start.ts', 'src/control-plane/up/up.ts', 'src/bin/commands/agent.ts'];
  const script = `await Promise.all(${JSON.stringify(programs)}.map((file) => import('./' + file))); process.exit()`;
  await run(node, ['--input-type=module', '-e', script], { cwd: root, env: withCompileCache(root) });
}

/** Makes sure of node_modules; answers the path of the Node to go on with. */
export async function ensureDependencies(root) {
  const lock = readFileSync(path.join(root, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  const marker = path.join(root, 'node_modules/.slipway-lock');
  const node = path.join(root, 'node_modules/.bin/node');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted && existsSync(node)) return node;
  if (!installedAsLocked(root)) {
    await step('Installing npm packages (npm ci)', async () => {
      const { code, output } = await npm(['ci', '--include=dev', '--no-audit', '--no-fund'], root);
      if (code === 0) return;
      throw new SetupError(
        `npm ci failed:\n${whatNpmSaid(output)}`,
        'Slipway needs an npm registry for its first start. Check the network and `npm config get registry`, then run this again.',
      );
    });
  }
  await ensurePinnedNode(root);
  const launcher = path.join(root, 'node_modules/.bin/slipway');
  if (!existsSync(launcher)) symlinkSync('../../bin/slipway', launcher);
  await compileOnce(root, node);
  writeFileSync(marker, wanted);
  return node;
}
