/** KMS's pages: Limit and Marker in; Truncated and NextMarker out. */
import { Constraints } from '#protocol/constraints.ts';
import { invalidMarker } from './errors.ts';

export interface Page<T> {
  readonly rows: readonly T[];
  readonly Truncated: boolean;
  readonly NextMarker?: string;
}

const encode = (key: string) => Buffer.from(key).toString('base64');

function decode(marker: string | undefined): string | undefined {
  if (marker === undefined) return undefined;
  const key = Buffer.from(marker, 'base64').toString();
  if (key === '' || encode(key) !== marker) throw invalidMarker();
  return key;
}

/** `rowsAfter(key)` walks in the order of `keyOf`, behind the key when one is given. */
export function page<T>(
  input: { readonly Limit?: number | undefined; readonly Marker?: string | undefined },
  options: { readonly byDefault: number; readonly max: number },
  rowsAfter: (after: string | undefined) => Iterable<T>,
  keyOf: (row: T) => string,
): Page<T> {
  new Constraints().number('limit', input.Limit, { min: 1, max: options.max }).check();
  const limit = input.Limit ?? options.byDefault;
  const rows: T[] = [];
  for (const row of rowsAfter(decode(input.Marker))) {
    if (rows.length === limit) return { rows, Truncated: true, NextMarker: encode(keyOf(rows.at(-1)!)) };
    rows.push(row);
  }
  return { rows, Truncated: false };
}

/** A sorted list behind a key. */
export function* behind<T>(list: Iterable<T>, keyOf: (row: T) => string, after: string | undefined): Generator<T> {
  const sorted = [...list].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  for (const row of sorted) if (after === undefined || keyOf(row) > after) yield row;
}
