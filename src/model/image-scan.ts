/**
 * Scans of images. A row says what is asked for and what is known; the findings themselves are in files, which a row
 * names. An "ECR Image Scan" event is a change of `result` or `failure`.
 */

export type ScanType = 'BASIC' | 'ENHANCED';

export const scanSeverities = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'UNDEFINED'] as const;
export type ScanSeverity = (typeof scanSeverities)[number];
export type SeverityCounts = Readonly<Partial<Record<ScanSeverity, number>>>;

export const scanEngines = ['slipway', 'trivy', 'grype'] as const;
export type ScanEngineName = (typeof scanEngines)[number];

/** `auto`: the own engine when there is a database, else Trivy or Grype when they are installed. */
export const scannerChoices = ['auto', ...scanEngines] as const;
export type ScannerChoice = (typeof scannerChoices)[number];

export interface ImageScanResult {
  readonly completedAt: number;
  readonly engine: ScanEngineName;
  /** State of the vulnerability data: when it was made, as far as the engine says. */
  readonly sourceUpdatedAt?: number;
  /** As `ScanSourceRow.identity`: findings of another one may differ. */
  readonly source: string;
  readonly counts: SeverityCounts;
  /** Name of the file that holds the findings. */
  readonly findings: string;
  /** Why there may be more than was found, for people. */
  readonly gaps: readonly string[];
}

/** The scan of an image, from its first request. Key: the image's. Goes with its image. */
export interface ImageScanRow {
  readonly key: string;
  readonly repositoryArn: string;
  readonly digest: string;
  readonly scanType: ScanType;
  /** Grows with every request, so that an answer to an earlier one is told apart. */
  readonly generation: number;
  readonly requestedAt: number;
  /** Times of the requests of the last 24 hours, at most as many as a quota could count. */
  readonly recentRequests: readonly number[];
  /** A scan is to be made: people wait for it (NOW), or nobody does (LATER). Absent when it is over. */
  readonly wanted?: 'NOW' | 'LATER';
  /** Of this request: those that failed for reasons that may pass. */
  readonly attempts: number;
  readonly notBefore?: number;
  /** Why the latest request gave nothing. */
  readonly failure?: {
    readonly kind: 'FAILED' | 'UNSUPPORTED';
    readonly reason: string;
    readonly at: number;
    /** `ScanSourceRow.identity` at that time. */
    readonly source: string;
  };
  /** Of the latest scan that gave findings, be they none. */
  readonly result?: ImageScanResult;
}

/** What scans at the moment, and how new what it knows is. One row, whose key is `current`. */
export interface ScanSourceRow {
  readonly key: 'current';
  /** Absent when nothing can scan. */
  readonly engine?: ScanEngineName;
  readonly updatedAt?: number;
  /** Images that are scanned continuously are scanned again when it changes; empty when nothing can scan. */
  readonly identity: string;
}
