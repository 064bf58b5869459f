/** Limits and tokens of the operations that answer a history page by page. */
import type { HistoryEntry, HistoryRange } from './context.ts';
import { invalidParameter } from './errors.ts';

export interface PageInput {
  readonly limit?: number;
  readonly nextToken?: string;
}

export interface PageLimits {
  readonly usual: number;
  readonly most: number;
}

export function toRange(
  input: PageInput & { readonly newestFirst?: boolean },
  { usual, most }: PageLimits,
): HistoryRange {
  const { limit = usual, nextToken, newestFirst = false } = input;
  if (!Number.isInteger(limit) || limit < 1 || limit > most) {
    throw invalidParameter(`limit must be a whole number from 1 to ${most}.`);
  }
  if (nextToken === undefined) return { limit, newestFirst };
  if (!/^\d{1,15}$/.test(nextToken)) throw invalidParameter('nextToken is not one that was answered here.');
  return { limit, newestFirst, afterId: Number(nextToken) };
}

/** Present when the page is full, so that there may be more. */
export function nextToken(items: readonly { readonly id: number }[], { limit }: HistoryRange): { nextToken?: string } {
  return items.length === limit ? { nextToken: String(items.at(-1)!.id) } : {};
}

const isTime = (name: string, value: unknown): value is number => /(At|Until)$/.test(name) && typeof value === 'number';

/** Times as ISO 8601 text, at every depth. */
function readable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([name, one]) => [name, isTime(name, one) ? new Date(one).toISOString() : readable(one)]),
  );
}

export interface EntryView {
  readonly time: Date;
  readonly type: HistoryEntry['type'];
  readonly version?: number;
  /** Field → new value; null: it has none any more. Containers and deployments by name, with what changed in each. */
  readonly changes?: unknown;
  readonly message?: string;
}

export const viewEntry = ({ at, type, version, change, message }: HistoryEntry): EntryView => ({
  time: new Date(at),
  type,
  ...(version !== undefined && { version }),
  ...(message === undefined ? { changes: readable(change) } : { message }),
});
