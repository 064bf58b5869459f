import type { LogGroupRow } from '#model/rows.ts';
import { invalidOperation } from './errors.ts';

/** While a group is protected neither it nor its streams can be deleted. */
export function refuseIfProtected(group: LogGroupRow): void {
  if (!group.deletionProtectionEnabled) return;
  throw invalidOperation('Deletion protection is enabled for the specified log group. Disable it first.');
}
