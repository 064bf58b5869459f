/** Tags of log groups, the only resources here that carry any. */
import type { Scope } from '#model/arn.ts';
import { parseArn } from '#model/arn.ts';
import type { LogGroupRow } from '#model/rows.ts';
import type { Tx, View } from '#store/store.ts';
import { logGroups } from '#store/tables/logs.ts';
import { invalidParameter, resourceNotFound, tooManyTags } from './errors.ts';
import { findGroupByArn } from './resolve.ts';

const MAX_TAGS = 50;

export function taggedGroup(view: View, scope: Scope, resourceArn: string): LogGroupRow {
  if (!parseArn(resourceArn)) throw invalidParameter(`The specified ARN is not valid: ${resourceArn}`);
  const group = findGroupByArn(view, scope, resourceArn);
  if (!group) throw resourceNotFound('The specified resource does not exist.');
  return group;
}

export function addTags(tx: Tx, group: LogGroupRow, tags: Readonly<Record<string, string>>): void {
  const merged = { ...group.tags, ...tags };
  if (Object.keys(merged).length > MAX_TAGS) throw tooManyTags(group.name);
  tx.put(logGroups, { ...group, tags: merged });
}

export function removeTags(tx: Tx, group: LogGroupRow, keys: readonly string[]): void {
  const kept = Object.entries(group.tags).filter(([key]) => !keys.includes(key));
  tx.put(logGroups, { ...group, tags: Object.fromEntries(kept) });
}
