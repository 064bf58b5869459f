/** One scan from its job to its file of findings. */
import { mkdir, rm } from 'node:fs/promises';
import type { ScanType } from '#model/image-scan.ts';
import { readConfig, readDocument } from '../engines/fetch-blob.ts';
import { createGrypeEngine } from '../engines/grype.ts';
import { createSlipwayEngine } from '../engines/slipway.ts';
import { createTrivyEngine } from '../engines/trivy.ts';
import type { Vulnerability } from '../find-vulnerabilities.ts';
import { readFindings, writeFindings } from '../findings-file.ts';
import { countSeverities, type Finding, findingKey, type ScanEngine, ScanFailure, toFindings } from '../report.ts';
import type { ScanDone, ScanJob } from './messages.ts';

function engineOf(job: ScanJob): ScanEngine {
  if (job.engine === 'slipway') return createSlipwayEngine(job);
  if (job.program === undefined) throw new ScanFailure('FAILED', `${job.engine} is not installed on this machine`);
  const options = { program: job.program, directory: job.workDirectory };
  return job.engine === 'trivy' ? createTrivyEngine(options) : createGrypeEngine(options);
}

/** Since when each finding is known; nothing of a file that cannot be read. */
async function firstObserved(path: string | undefined, scanType: ScanType): Promise<ReadonlyMap<string, number>> {
  if (path === undefined) return new Map();
  const page = await readFindings(path, 0, Number.MAX_SAFE_INTEGER).catch(() => undefined);
  return new Map(page?.findings.map((one) => [findingKey(one, scanType), one.firstObservedAt]));
}

/** Longer ones are cut: nobody reads more, and some are books. */
const maxDescription = 4_000;
const cut = (one: Vulnerability): Vulnerability =>
  one.description.length <= maxDescription
    ? one
    : { ...one, description: `${one.description.slice(0, maxDescription)}…` };

/** Rejects with ScanFailure, or with what nobody has foreseen. */
export async function runJob(job: ScanJob, signal: AbortSignal): Promise<ScanDone> {
  await mkdir(job.workDirectory, { recursive: true, mode: 0o700 });
  try {
    const report = await engineOf(job).scan(job.target, signal);
    const { architecture, author } = readConfig(await readDocument(job.target.config, signal));
    const before = await firstObserved(job.previousPath, job.scanType);
    const findings = toFindings(report.vulnerabilities, job.scanType).map(
      (one): Finding => ({ ...cut(one), firstObservedAt: before.get(findingKey(one, job.scanType)) ?? job.now }),
    );
    const head = {
      ...(report.distribution && { distribution: report.distribution }),
      ...(architecture !== undefined && { architecture }),
      ...(author !== undefined && { author }),
      packageCount: report.packageCount,
    };
    await writeFindings(job.findingsPath, head, findings);
    return {
      ...(report.sourceUpdatedAt !== undefined && { sourceUpdatedAt: report.sourceUpdatedAt }),
      counts: countSeverities(findings),
      gaps: report.gaps,
    };
  } finally {
    await rm(job.workDirectory, { recursive: true, force: true });
  }
}
