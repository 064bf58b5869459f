/** The vulnerability database of a data directory. Works on its files: a control plane that runs on it takes notice. */
import { mkdirSync, statSync } from 'node:fs';
import { ConfigError, dataDirectory } from '#control-plane/config.ts';
import { systemClock } from '#lib/clock.ts';
import { importAdvisories, openAdvisoryDatabase } from '#scanning/advisory-database.ts';
import { exportsDirectory, scanDatabaseDirectory, scanDatabaseFile } from '#scanning/directories.ts';
import { downloadExports, downloadedEcosystems, knownEcosystems, osvBucket } from '#scanning/download-exports.ts';
import { findProgram } from '#scanning/engines/run-program.ts';
import { formatTable, paint, print, printJson } from '../output.ts';
import { shortTime } from './explanation.ts';

interface Options {
  readonly data?: string;
  readonly json?: boolean;
}

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** Those that were asked for, else those that are there already, else all that are known. */
async function ecosystemsOf(asked: readonly string[], directory: string): Promise<readonly string[]> {
  if (asked.length > 0) return [...new Set(asked)];
  const before = await downloadedEcosystems(directory);
  return before.length > 0 ? before : knownEcosystems;
}

async function download(dataDir: string, asked: readonly string[], source: string, isQuiet: boolean): Promise<string> {
  const directory = exportsDirectory(dataDir);
  const ecosystems = await ecosystemsOf(asked, directory);
  await downloadExports({
    ecosystems,
    source,
    directory,
    onDone: ({ ecosystem, outcome }) => {
      if (!isQuiet) print(`${ecosystem}: ${outcome === 'new' ? 'downloaded' : 'has not changed'}`);
    },
  });
  return directory;
}

export async function runScanDbUpdate(
  options: Options & { readonly from?: string; readonly ecosystem: readonly string[]; readonly source?: string },
): Promise<void> {
  if (options.from !== undefined && (options.ecosystem.length > 0 || options.source !== undefined)) {
    throw new ConfigError('--from takes what is in a directory; --ecosystem and --source say what to download.');
  }
  const dataDir = dataDirectory(options.data);
  mkdirSync(scanDatabaseDirectory(dataDir), { recursive: true, mode: 0o700 });
  const path = scanDatabaseFile(dataDir);
  try {
    const directory =
      options.from ?? (await download(dataDir, options.ecosystem, options.source ?? osvBucket, options.json ?? false));
    const { advisoryCount, packageCount } = await importAdvisories({ directory, path, now: systemClock.now() });
    if (options.json) return printJson({ path, advisoryCount, packageCount });
    print(paint.good(`${advisoryCount} advisories about ${packageCount} packages are in ${path}`));
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' && options.from !== undefined ? `there is no directory ${options.from}` : message;
    throw new ConfigError(`${why}. The database is as it was.`, { cause: error });
  }
}

async function scanners(): Promise<{ readonly trivy?: string; readonly grype?: string }> {
  const [trivy, grype] = await Promise.all(['trivy', 'grype'].map((name) => findProgram(name, process.env['PATH'])));
  return { ...(trivy !== undefined && { trivy }), ...(grype !== undefined && { grype }) };
}

export async function runScanDbStatus(options: Options): Promise<void> {
  const path = scanDatabaseFile(dataDirectory(options.data));
  const installed = await scanners();
  const database = openAdvisoryDatabase(path);
  if (!database) {
    if (options.json) return printJson({ path, exists: false, scanners: installed });
    print(`There is no vulnerability database at ${path}.`);
    print('Make one: slipway scan-db update, or from files that you have: slipway scan-db update --from DIR');
  } else {
    try {
      const { updatedAt, advisoryCount } = database;
      const ecosystems = database.ecosystems();
      const sizeBytes = statSync(path).size;
      if (options.json) {
        return printJson({
          path,
          exists: true,
          updatedAt: new Date(updatedAt),
          advisoryCount,
          sizeBytes,
          ecosystems,
          scanners: installed,
        });
      }
      print(`${path}: ${advisoryCount} advisories, ${mebibytes(sizeBytes)}, made ${shortTime(new Date(updatedAt))}`);
      print(
        formatTable(
          ['ECOSYSTEM', 'PACKAGES'],
          ecosystems.map((one) => [one.name, String(one.packageCount)]),
        ),
      );
    } finally {
      database.close();
    }
  }
  for (const [name, program] of Object.entries(installed)) print(`${name} is installed: ${program}`);
}
