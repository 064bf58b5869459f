/** Marker and MaxItems. A marker is the key of the last item that was answered, in base64. */
import { validationError } from './errors.ts';

interface PageRequest {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly IsTruncated: boolean;
  readonly Marker?: string;
}

const defaultItems = 100;
const prefix = 'v1 ';

const toMarker = (key: string) => Buffer.from(prefix + key).toString('base64');

function fromMarker(marker: string | undefined): string | undefined {
  if (marker === undefined) return undefined;
  const text = Buffer.from(marker, 'base64').toString();
  if (!text.startsWith(prefix)) throw validationError(`Invalid Marker: ${marker}`);
  return text.slice(prefix.length);
}

function take<T>(items: Iterable<T>, keyOf: (item: T) => string, limit: number): Page<T> {
  const taken: T[] = [];
  for (const item of items) {
    if (taken.length === limit) return { items: taken, IsTruncated: true, Marker: toMarker(keyOf(taken.at(-1)!)) };
    taken.push(item);
  }
  return { items: taken, IsTruncated: false };
}

/** A page of rows that can be walked from a key on, in the order of their keys. */
export function pageOfRows<R>(
  request: PageRequest,
  walk: (after: string | undefined) => Iterable<R>,
  keyOf: (row: R) => string,
  isWanted: (row: R) => boolean = () => true,
): Page<R> {
  function* wanted() {
    for (const row of walk(fromMarker(request.Marker))) if (isWanted(row)) yield row;
  }
  return take(wanted(), keyOf, request.MaxItems ?? defaultItems);
}

/** A page of a short list, in its own order. */
export function pageOf<T>(request: PageRequest, list: readonly T[], keyOf: (item: T) => string): Page<T> {
  const after = fromMarker(request.Marker);
  const start = after === undefined ? 0 : list.findIndex((item) => keyOf(item) === after) + 1;
  if (after !== undefined && start === 0) throw validationError(`Invalid Marker: ${request.Marker}`);
  return take(list.slice(start), keyOf, request.MaxItems ?? defaultItems);
}
