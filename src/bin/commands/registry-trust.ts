/** `slipway registry trust` and `untrust`: this machine finds the registry under AWS's own names, or no longer. */
import { existsSync, realpathSync } from 'node:fs';
import { ConfigError, dataDirectory, parseWhole } from '#control-plane/config.ts';
import { systemFiles } from '#control-plane/trust/system-files.ts';
import { awaitListener, mayListen, portAdvice, trust, untrust } from '#control-plane/trust/trust.ts';
import { readCredentials, readRunRecord } from '#control-plane/up/data-directory.ts';
import { systemClock } from '#lib/clock.ts';
import { systemRandom } from '#lib/random.ts';
import { print } from '../output.ts';

interface TrustOptions {
  readonly data?: string;
  readonly account: readonly string[];
  readonly region: readonly string[];
  readonly public: boolean;
  readonly registryTlsPort: string;
}

/** A name for one place: it is compared later. */
function requireDataDirectory(option: string | undefined): string {
  const dataDir = dataDirectory(option);
  if (!existsSync(dataDir)) {
    throw new ConfigError(`there is no data directory ${dataDir}. As root, say which one is meant: --data DIR`);
  }
  return realpathSync(dataDir);
}

function requireRoot(command: string, dataDir: string): void {
  if (process.getuid?.() !== 0)
    throw new ConfigError(`this changes files of the system: sudo slipway registry ${command} --data ${dataDir}`);
}

function requireAll(what: string, values: readonly string[], pattern: RegExp): void {
  const wrong = values.find((value) => !pattern.test(value));
  if (wrong !== undefined) throw new ConfigError(`"${wrong}" is not ${what}`);
}

function whatToTrust(options: TrustOptions, dataDir: string) {
  const known = readCredentials(dataDir);
  if (!known && (options.account.length === 0 || options.region.length === 0)) {
    throw new ConfigError(`no Slipway has run on ${dataDir} yet. Start it once, or name --account and --region.`);
  }
  const accounts = options.account.length > 0 ? options.account : [known!.account];
  const regions = options.region.length > 0 ? options.region : [known!.region];
  requireAll('an account', accounts, /^\d{12}$/);
  requireAll('the name of a region', regions, /^[a-z]{2}(-[a-z]+)+-\d$/);
  const registries = accounts.flatMap((account) => regions.map((region) => ({ account, region })));
  return {
    registries,
    public: options.public,
    port: parseWhole('--registry-tls-port', options.registryTlsPort, 65_535)!,
  };
}

export async function runRegistryTrust(options: TrustOptions): Promise<void> {
  const dataDir = requireDataDirectory(options.data);
  requireRoot('trust', dataDir);
  const wanted = whatToTrust(options, dataDir);
  const running = readRunRecord(dataDir);
  if (running && !mayListen(running.pid, wanted.port)) throw new ConfigError(portAdvice(dataDir, wanted.port));
  const deps = { dataDir, files: systemFiles, clock: systemClock, random: systemRandom };
  const names = await trust(deps, wanted);
  // Timers of the clock do not keep a process alive.
  const alive = setInterval(() => {}, 60_000);
  const state = await awaitListener(dataDir, systemClock).finally(() => clearInterval(alive));
  if (state === 'silent') throw new ConfigError('the running control plane does not react; its log says why');
  if (state?.code === 'EADDRINUSE') {
    throw new ConfigError(
      `port ${wanted.port} of 127.0.0.1 is in use by another program. Stop it: Slipway then listens by itself. Or undo: slipway registry untrust`,
    );
  }
  if (state?.code === 'EACCES') throw new ConfigError(portAdvice(dataDir, wanted.port));
  if (state && state.port === undefined) throw new ConfigError(`the control plane cannot listen: ${state.message}`);
  print('On this machine these names lead to Slipway:');
  for (const name of names) print(`  ${name}`);
  if (!state) print('They answer when Slipway runs: slipway up');
  const first = names[0]!;
  print('');
  print(`  aws ecr get-login-password | docker login --username AWS --password-stdin ${first}`);
  print('Undo: slipway registry untrust');
}

export async function runRegistryUntrust(options: { readonly data?: string }): Promise<void> {
  const dataDir = requireDataDirectory(options.data);
  requireRoot('untrust', dataDir);
  const done = untrust({ dataDir, files: systemFiles });
  print(done ? "The names of AWS's registries lead to AWS again." : 'There was nothing to undo.');
}
