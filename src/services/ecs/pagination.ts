/**
 * Pages over an index in key order: the token is the key of the last item, so that a page costs its own length and
 * survives insertions. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html (1 to 100, default 100)
 */
import { invalidParameter } from './errors.ts';

export interface PageRequest {
  readonly nextToken?: string;
  readonly maxResults?: number;
}

export interface Page<T> {
  readonly items: T[];
  readonly nextToken?: string;
}

const encode = (key: string) => Buffer.from(JSON.stringify({ after: key })).toString('base64');

/** The key to go on after, from a client's token; InvalidParameterException when it is not one of ours. */
export function decodeToken(token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64').toString('utf8'));
    const after = (parsed as { after?: unknown } | null)?.after;
    if (typeof after === 'string') return after;
  } catch {
    // not JSON: refused below like every other token that we did not make
  }
  throw invalidParameter('Invalid token.');
}

/**
 * Takes one page. `walk(after)` yields rows in key order after that key; `keep` filters; `toItem` makes what is listed.
 */
export function paginate<R, T>(options: {
  readonly request: PageRequest;
  readonly walk: (after: string | undefined) => Iterable<R>;
  readonly key: (row: R) => string;
  readonly keep?: (row: R) => boolean;
  readonly toItem: (row: R) => T;
  readonly max?: number;
}): Page<T> {
  const max = options.max ?? 100;
  const limit = options.request.maxResults ?? max;
  if (!Number.isInteger(limit) || limit < 1 || limit > max) {
    throw invalidParameter(`maxResults must be between 1 and ${max}.`);
  }
  const items: T[] = [];
  let lastKey: string | undefined;
  for (const row of options.walk(decodeToken(options.request.nextToken))) {
    if (options.keep && !options.keep(row)) continue;
    if (items.length === limit) return { items, nextToken: encode(lastKey!) };
    items.push(options.toItem(row));
    lastKey = options.key(row);
  }
  return { items };
}
