import type { LogGroupRow, LogStreamRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { logStreams } from '#store/tables/logs.ts';
import { logStreamArn } from './resolve.ts';

/** A group's streams whose names begin with `prefix`, in order of name, behind the name `after` when given. */
export function* streamsWithPrefix(
  view: View,
  group: LogGroupRow,
  prefix: string,
  after?: string,
): Generator<LogStreamRow> {
  const start = logStreamArn(group.arn, after ?? prefix);
  if (after === undefined) {
    const exact = view.get(logStreams, start);
    if (exact) yield exact;
  }
  for (const row of view.find(logStreams, 'byGroup', group.arn, start)) {
    if (!row.name.startsWith(prefix)) return;
    yield row;
  }
}
