/** What the control plane says to the process of a scan, and what that says when it is over. JSON. */
import type { ScanEngineName, ScanType, SeverityCounts } from '#model/image-scan.ts';
import type { ScanFailure, ScanTarget } from '../report.ts';

export interface ScanJob {
  readonly engine: ScanEngineName;
  /** Of engines that are other programs. */
  readonly program?: string;
  readonly databasePath: string;
  readonly inventories: string;
  /** The scan's own directory: made at its start, gone at its end. */
  readonly workDirectory: string;
  readonly target: ScanTarget;
  readonly scanType: ScanType;
  readonly findingsPath: string;
  /** Findings of the scan before, which say since when each is known. */
  readonly previousPath?: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

export interface ScanDone {
  readonly sourceUpdatedAt?: number;
  readonly counts: SeverityCounts;
  readonly gaps: readonly string[];
}

export type FromScan =
  | { readonly kind: 'done'; readonly done: ScanDone }
  | { readonly kind: 'failed'; readonly failure: ScanFailure['kind']; readonly reason: string };
