/** Tables of CloudWatch Logs; the events themselves are no rows. */
import { scopeKey } from '#model/arn.ts';
import type { LogGroupRow, LogStreamRow } from '#model/rows.ts';
import { table } from '../table.ts';

export const logGroups = table<LogGroupRow>()({
  name: 'logGroups',
  key: (row) => row.arn,
  indexes: { byScope: scopeKey },
});

export const logStreams = table<LogStreamRow>()({
  name: 'logStreams',
  key: (row) => row.arn,
  indexes: { byGroup: (row) => row.groupArn },
});
