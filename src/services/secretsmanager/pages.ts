/** Pages: MaxResults and NextToken in, NextToken out. */
import { Constraints } from '#protocol/constraints.ts';
import { invalidNextToken } from './errors.ts';

interface PageInput {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

const encode = (key: string) => Buffer.from(key).toString('base64');

function decode(token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  const key = Buffer.from(token, 'base64').toString();
  if (key === '' || encode(key) !== token) throw invalidNextToken();
  return key;
}

/** A page of a list that is sorted already; `keyOf` names the row where the next one goes on. */
export function page<T>(
  input: PageInput,
  limits: { readonly byDefault: number; readonly max: number },
  sorted: readonly T[],
  keyOf: (row: T) => string,
): { readonly rows: readonly T[]; readonly NextToken?: string } {
  new Constraints().number('maxResults', input.MaxResults, { min: 1, max: limits.max }).check();
  const after = decode(input.NextToken);
  const start = after === undefined ? 0 : sorted.findIndex((row) => keyOf(row) === after);
  if (start < 0) throw invalidNextToken();
  const end = start + (input.MaxResults ?? limits.byDefault);
  const rows = sorted.slice(start, end);
  return end < sorted.length ? { rows, NextToken: encode(keyOf(sorted[end]!)) } : { rows };
}
