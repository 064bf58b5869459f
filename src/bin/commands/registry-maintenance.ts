/** `slipway registry gc` and `slipway registry fsck`. */
import { ConfigError, dataDirectory } from '#control-plane/config.ts';
import { parseStorage, type StorageOptions } from '#control-plane/registry-storage.ts';
import { isLocked } from '#control-plane/up/data-directory.ts';
import type { CheckReport } from '#registry/fsck/check.ts';
import type { GarbageReport } from '#registry/garbage/collector.ts';
import type { StartRegistryMaintenanceInput } from '#services/slipway/operations/StartRegistryMaintenance.ts';
import { clientConfig, findConnection } from '../connection.ts';
import { paint, print, printJson } from '../output.ts';
import { callSlipway } from '../slipway-api.ts';

interface Options {
  readonly data?: string;
  readonly json?: boolean;
}

/** Something is wrong with the registry, and has not been repaired. */
const exitProblems = 2;
const firstPauseMs = 50;
const longestPauseMs = 2_000;

const formatBytes = (bytes: number): string => {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const at = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return at === 0 ? `${bytes} bytes` : `${(bytes / 1024 ** at).toFixed(1)} ${units[at]}`;
};

const formatCount = (count: number, one: string): string =>
  `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;

/** On a terminal the line before is written over. */
function sayProgress(report: Pick<CheckReport, 'blobs' | 'bytes'>): void {
  if (process.stderr.isTTY) {
    process.stderr.write(`\r${formatCount(report.blobs, 'blob')}, ${formatBytes(report.bytes)} checked `);
  }
}
const endProgress = () => {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
};

/** Begins it in the running Slipway and waits for its end. */
async function run<Report>(options: Options, input: StartRegistryMaintenanceInput): Promise<Report> {
  const config = clientConfig(findConnection(options));
  let { maintenance } = await callSlipway(config, 'StartRegistryMaintenance', input);
  const { maintenanceId } = maintenance;
  for (let pauseMs = firstPauseMs; maintenance.status === 'RUNNING'; pauseMs = Math.min(longestPauseMs, 2 * pauseMs)) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    ({ maintenance } = await callSlipway(config, 'GetRegistryMaintenance', { maintenanceId }));
    if (maintenance.progress !== undefined) sayProgress(maintenance.progress as CheckReport);
  }
  endProgress();
  if (maintenance.status === 'FAILED') throw new Error(`it could not be done: ${maintenance.message}`);
  return maintenance.report as Report;
}

function parseGrace(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, number, unit = 'm'] = /^(\d{1,6})([mhd]?)$/.exec(text) ?? [];
  if (number === undefined) throw new ConfigError(`--grace must be like 30m, 12h, 2d or 0, not "${text}"`);
  return Number(number) * { m: 1, h: 60, d: 24 * 60 }[(unit || 'm') as 'm' | 'h' | 'd'];
}

export async function runRegistryGc(options: Options & { readonly dryRun?: boolean; readonly grace?: string }) {
  const graceMinutes = parseGrace(options.grace);
  const report = await run<GarbageReport>(options, {
    task: 'gc',
    ...(options.dryRun && { dryRun: true }),
    ...(graceMinutes !== undefined && { graceMinutes }),
  });
  if (options.json) return printJson(report);
  const { links, blobs, compactedBytes, dryRun } = report;
  const would = dryRun ? 'would be ' : '';
  print(
    `${formatCount(links.unlinked, 'layer')} that no image uses ${would}taken out of their repositories (${formatBytes(links.freedBytes)}); ${links.waiting} more within the grace of ${Math.round(report.graceMs / 60_000)} minutes.`,
  );
  print(`${formatCount(blobs.removed, 'blob')} that nobody needs ${would}removed: ${formatBytes(blobs.removedBytes)}.`);
  if (blobs.leased > 0)
    print(`${formatCount(blobs.leased, 'blob')} may be needed soon; they are looked at again later.`);
  if (compactedBytes > 0) print(`The files of small blobs are ${formatBytes(compactedBytes)} smaller.`);
  if (blobs.failed > 0)
    print(paint.warn(`${formatCount(blobs.failed, 'blob')} could not be removed; the log says why.`));
  if (report.incomplete) print(paint.warn('The registry did not answer: blobs were not looked at.'));
}

export async function runRegistryFsck(
  options: Options & StorageOptions & { readonly repair?: boolean },
): Promise<void> {
  const dataDir = dataDirectory(options.data);
  const repair = options.repair ?? false;
  const report = isLocked(dataDir)
    ? await run<CheckReport>(options, { task: 'fsck', repair })
    : await checkStopped(options, dataDir, repair);
  if (report.problemCount > report.repairedCount) process.exitCode = exitProblems;
  if (options.json) return printJson(report);
  for (const { kind, message, repaired } of report.problems) {
    print(`${repaired ? paint.warn(`${kind}, repaired`) : paint.bad(kind)}  ${message}`);
  }
  const unseen = report.problemCount - report.problems.length;
  if (unseen > 0) print(`… and ${unseen} more.`);
  print(
    `${formatCount(report.blobs, 'blob')} (${formatBytes(report.bytes)}), ${formatCount(report.images, 'image')} and ${formatCount(report.tags, 'tag')} checked: ${report.problemCount === 0 ? paint.good('all sound') : `${formatCount(report.problemCount, 'problem')}, ${report.repairedCount} repaired`}.`,
  );
  const { orphans } = report;
  if (orphans.count > 0) {
    print(
      `${formatCount(orphans.count, 'blob')} (${formatBytes(orphans.bytes)}) that nothing names wait for the garbage collection.`,
    );
  }
}

async function checkStopped(options: StorageOptions, dataDir: string, repair: boolean): Promise<CheckReport> {
  const { checkStoppedRegistry } = await import('#control-plane/check-registry.ts');
  const storage = parseStorage(options);
  const report = await checkStoppedRegistry({ dataDir, storage, repair, onProgress: sayProgress });
  endProgress();
  return report;
}
