/** From names and ARNs in requests to rows. */
import { parseArn, partitionOf, type Scope } from '#model/arn.ts';
import type { LogGroupRow, LogStreamRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { logGroups, logStreams } from '#store/tables/logs.ts';
import { invalidParameter, logGroupNotFound, logStreamNotFound } from './errors.ts';

export const logGroupArn = (scope: Scope, name: string): string =>
  `arn:${partitionOf(scope.region)}:logs:${scope.region}:${scope.account}:log-group:${name}`;

export const logStreamArn = (groupArn: string, name: string): string => `${groupArn}:log-stream:${name}`;

/** The log group, or ResourceNotFoundException. */
export function findGroup(view: View, scope: Scope, name: string): LogGroupRow {
  const group = view.get(logGroups, logGroupArn(scope, name));
  if (!group) throw logGroupNotFound();
  return group;
}

export function findStream(view: View, group: LogGroupRow, name: string): LogStreamRow {
  const stream = view.get(logStreams, logStreamArn(group.arn, name));
  if (!stream) throw logStreamNotFound();
  return stream;
}

/** By an ARN with or without the trailing `:*`; groups of other accounts and regions do not exist for the caller. */
export function findGroupByArn(view: View, scope: Scope, arn: string): LogGroupRow | undefined {
  const parsed = parseArn(arn);
  if (parsed?.service !== 'logs' || parsed.account !== scope.account || parsed.region !== scope.region)
    return undefined;
  return view.get(logGroups, arn.replace(/:\*$/, ''));
}

/** Requests name a group by exactly one of `logGroupName` and `logGroupIdentifier`, a name or an ARN. */
export function groupOfRequest(
  view: View,
  scope: Scope,
  input: { readonly logGroupName?: string | undefined; readonly logGroupIdentifier?: string | undefined },
): LogGroupRow {
  const { logGroupName, logGroupIdentifier } = input;
  if (logGroupName !== undefined && logGroupIdentifier !== undefined) {
    throw invalidParameter('LogGroup name and LogGroup identifier are mutually exclusive.');
  }
  if (logGroupName !== undefined) return findGroup(view, scope, logGroupName);
  if (logGroupIdentifier === undefined) {
    throw invalidParameter('Either logGroupName or logGroupIdentifier must be specified.');
  }
  if (!logGroupIdentifier.startsWith('arn:')) return findGroup(view, scope, logGroupIdentifier);
  const group = findGroupByArn(view, scope, logGroupIdentifier);
  if (!group) throw logGroupNotFound();
  return group;
}
