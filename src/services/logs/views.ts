/** Rows as the API answers them. Members that have no value stay absent. */
import type { LogGroup, LogStream } from '@aws-sdk/client-cloudwatch-logs';
import type { LogGroupRow, LogStreamRow } from '#model/rows.ts';
import type { StreamStats } from './event-storage/event-storage.ts';
import { sequenceToken } from './tokens.ts';

export function logGroupView(row: LogGroupRow, storedBytes: number): LogGroup {
  return {
    logGroupName: row.name,
    creationTime: row.createdAt,
    ...(row.retentionInDays === undefined ? {} : { retentionInDays: row.retentionInDays }),
    metricFilterCount: 0,
    arn: `${row.arn}:*`,
    storedBytes,
    logGroupClass: row.logGroupClass,
    logGroupArn: row.arn,
    deletionProtectionEnabled: row.deletionProtectionEnabled ?? false,
  };
}

export function logStreamView(row: LogStreamRow, stats: StreamStats | undefined): LogStream {
  return {
    logStreamName: row.name,
    creationTime: row.createdAt,
    ...(stats
      ? {
          firstEventTimestamp: stats.firstEventTimestamp,
          lastEventTimestamp: stats.lastEventTimestamp,
          lastIngestionTime: stats.lastIngestionTime,
        }
      : {}),
    uploadSequenceToken: sequenceToken(row.storageId, stats?.eventCount ?? 0),
    arn: row.arn,
    // AWS has answered zero here since 2019; the group's storedBytes counts.
    storedBytes: 0,
  };
}
