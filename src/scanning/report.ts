/** What an engine says of an image, the same for all of them. */
import type { ScanEngineName, ScanType, SeverityCounts } from '#model/image-scan.ts';
import type { Vulnerability, VulnerablePackage } from './find-vulnerabilities.ts';
import type { Distribution } from './package.ts';

export interface Blob {
  readonly digest: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** Anybody can fetch it there for a while; undefined for what its repository does not have. */
  readonly url: string | undefined;
}

/** An image with one file system: no index. */
export interface ScanTarget {
  /** `<repository>@<digest>`, for messages. */
  readonly name: string;
  readonly manifest: Blob;
  readonly config: Blob;
  readonly layers: readonly Blob[];
}

export interface ScanReport {
  /** When the vulnerability data was made; epoch milliseconds. */
  readonly sourceUpdatedAt?: number;
  readonly distribution?: Distribution;
  readonly packageCount: number;
  /** The worst first. */
  readonly vulnerabilities: readonly Vulnerability[];
  readonly gaps: readonly string[];
}

export interface Finding extends Vulnerability {
  /** Epoch milliseconds of the first scan that found it. */
  readonly firstObservedAt: number;
}

/**
 * A scan that gave nothing. `UNSUPPORTED` images have nothing in them that an engine could judge; `FAILED` ones give the
 * same again until somebody changes something; `TRANSIENT` failures may pass by themselves.
 */
export class ScanFailure extends Error {
  override readonly name = 'ScanFailure';
  readonly kind: 'UNSUPPORTED' | 'FAILED' | 'TRANSIENT';

  constructor(kind: ScanFailure['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** As ECR says it. */
export const unsupportedImage = 'UnsupportedImageError: The operating system and/or package manager are not supported.';

export interface ScanEngine {
  readonly name: ScanEngineName;
  /** Rejects with ScanFailure. */
  scan(target: ScanTarget, signal: AbortSignal): Promise<ScanReport>;
}

const sourceName = (one: VulnerablePackage) => one.source?.name ?? one.name;

/** Basic scanning has a finding for each package of a vulnerability, enhanced scanning one with all of its packages. */
export function toFindings(vulnerabilities: readonly Vulnerability[], scanType: ScanType): readonly Vulnerability[] {
  if (scanType === 'ENHANCED') return vulnerabilities;
  return vulnerabilities.flatMap((one) => {
    const byName = Map.groupBy(one.packages, sourceName);
    return Array.from(byName.values(), (packages) => ({ ...one, packages }));
  });
}

export const findingKey = (one: Vulnerability, scanType: ScanType): string =>
  scanType === 'ENHANCED' ? one.id : `${one.id} ${sourceName(one.packages[0]!)}`;

export function countSeverities(findings: readonly Vulnerability[]): SeverityCounts {
  const counts: Record<string, number> = {};
  for (const { severity } of findings) counts[severity] = (counts[severity] ?? 0) + 1;
  return counts;
}
