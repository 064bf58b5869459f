/**
 * Which scans are started, which images are scanned again, and what a row is when a scan is over. Pure.
 *
 * - A request is answered by the scan that was started for it and by no earlier one: `generation` says which.
 * - What may pass by itself is tried again a few times, later and later; everything else is over at once.
 */
import type { ImageRow } from '#model/ecr.ts';
import type { ImageScanResult, ImageScanRow, ScanSourceRow } from '#model/image-scan.ts';

/** More: a registry that is away for long is waited for; fewer: a short trouble fails scans. */
const maxAttempts = 4;
const retryMs = [2_000, 15_000, 60_000];

export interface QueuePlan {
  readonly start: readonly ImageScanRow[];
  /** When one that waits for its next attempt is due. */
  readonly dueMs?: number;
}

/** `wanted` in the order in which scans are to be made. */
export function planQueue(
  wanted: Iterable<ImageScanRow>,
  running: { readonly has: (key: string) => boolean; readonly size: number },
  limit: number,
  nowMs: number,
): QueuePlan {
  const start: ImageScanRow[] = [];
  let dueMs: number | undefined;
  for (const row of wanted) {
    if (running.size + start.length >= limit) break;
    if (running.has(row.key)) continue;
    if (row.notBefore !== undefined && row.notBefore > nowMs) dueMs = Math.min(dueMs ?? row.notBefore, row.notBefore);
    else start.push(row);
  }
  return { start, ...(dueMs !== undefined && { dueMs }) };
}

/** Whether an image that is scanned continuously is to be scanned now. */
export function isDue(
  image: Pick<ImageRow, 'status'>,
  scan: ImageScanRow | undefined,
  source: ScanSourceRow | undefined,
): boolean {
  if (image.status !== 'ACTIVE') return false;
  if (scan?.scanType !== 'ENHANCED') return true;
  if (scan.wanted !== undefined || source?.engine === undefined) return false;
  return (scan.failure ?? scan.result)?.source !== source.identity;
}

const settled = ({ wanted: _, notBefore: __, failure: ___, ...row }: ImageScanRow): ImageScanRow => row;

export const succeeded = (row: ImageScanRow, result: ImageScanResult): ImageScanRow => ({ ...settled(row), result });

export function failed(
  row: ImageScanRow,
  failure: { readonly kind: 'UNSUPPORTED' | 'FAILED' | 'TRANSIENT'; readonly reason: string },
  source: ScanSourceRow | undefined,
  nowMs: number,
): ImageScanRow {
  const attempts = row.attempts + 1;
  if (failure.kind === 'TRANSIENT' && attempts < maxAttempts) {
    return { ...row, attempts, notBefore: nowMs + retryMs[attempts - 1]! };
  }
  const kind = failure.kind === 'UNSUPPORTED' ? 'UNSUPPORTED' : 'FAILED';
  const { reason } = failure;
  return { ...settled(row), attempts, failure: { kind, reason, at: nowMs, source: source?.identity ?? '' } };
}
