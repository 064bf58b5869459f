/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
import type { LogGroupRow } from '#model/rows.ts';

export const allowedRetentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

export const DAY_MS = 24 * 3_600_000;

/** Events older than this are expired and no longer answered; 0 without a policy. Epoch milliseconds. */
export function expiryTime(group: LogGroupRow, nowMs: number): number {
  return group.retentionInDays === undefined ? 0 : nowMs - group.retentionInDays * DAY_MS;
}
