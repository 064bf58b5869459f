/** Pages: MaxResults and NextToken in, NextToken out. */
import { Constraints } from '#protocol/constraints.ts';
import { invalidNextToken } from './errors.ts';

const encode = (key: string) => Buffer.from(key).toString('base64');

function decode(token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  const key = Buffer.from(token, 'base64').toString();
  if (key === '' || encode(key) !== token) throw invalidNextToken();
  return key;
}

/** `rowsAfter(key)` walks in the order of `keyOf`, behind the key when one is given. */
export function page<T>(
  input: { readonly MaxResults?: number | undefined; readonly NextToken?: string | undefined },
  max: number,
  rowsAfter: (after: string | undefined) => Iterable<T>,
  keyOf: (row: T) => string,
): { readonly rows: readonly T[]; readonly NextToken?: string } {
  new Constraints().number('maxResults', input.MaxResults, { min: 1, max }).check();
  const limit = input.MaxResults ?? max;
  const rows: T[] = [];
  for (const row of rowsAfter(decode(input.NextToken))) {
    if (rows.length === limit) return { rows, NextToken: encode(keyOf(rows.at(-1)!)) };
    rows.push(row);
  }
  return { rows };
}
