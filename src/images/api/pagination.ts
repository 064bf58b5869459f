/** Pages over rows in key order: the token is the key of the last item, so that a page costs its own length. */
import { invalidAt } from './errors.ts';

export interface PageRequest {
  readonly nextToken?: string | undefined;
  readonly maxResults?: number | undefined;
}

export interface Page<T> {
  readonly items: T[];
  readonly nextToken?: string;
}

const maxPage = 1000;
const defaultPage = 100;

const encode = (key: string) => Buffer.from(JSON.stringify({ after: key })).toString('base64');

function decode(token: string): string {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64').toString('utf8'));
    const after = (parsed as { after?: unknown } | null)?.after;
    if (typeof after === 'string') return after;
  } catch {
    // not JSON: refused below like every other token that we did not make
  }
  throw invalidAt('nextToken', 'Invalid nextToken');
}

/** `walk(after)` yields items in key order, those after the key only. */
export function paginate<R, T>(options: {
  readonly request: PageRequest;
  readonly walk: (after: string | undefined) => Iterable<R>;
  readonly key: (item: R) => string;
  readonly keep?: (item: R) => boolean;
  readonly toItem: (item: R) => T;
}): Page<T> {
  const { request } = options;
  const limit = request.maxResults ?? defaultPage;
  if (limit < 1) throw invalidAt('maxResults', 'must be greater than or equal to 1');
  if (limit > maxPage) throw invalidAt('maxResults', `must be less than or equal to ${maxPage}`);
  const after = request.nextToken === undefined ? undefined : decode(request.nextToken);
  const items: T[] = [];
  let lastKey = '';
  for (const row of options.walk(after)) {
    if (options.keep && !options.keep(row)) continue;
    if (items.length === limit) return { items, nextToken: encode(lastKey) };
    items.push(options.toItem(row));
    lastKey = options.key(row);
  }
  return { items };
}

/** The same over a list in memory that is sorted by key. */
export function paginateList<R, T>(
  request: PageRequest,
  list: readonly R[],
  key: (item: R) => string,
  toItem: (item: R) => T,
): Page<T> {
  const walk = (after: string | undefined) => (after === undefined ? list : list.filter((item) => key(item) > after));
  return paginate({ request, walk, key, toItem });
}

export function refusePaging(request: PageRequest, member: string): void {
  for (const name of ['nextToken', 'maxResults'] as const) {
    if (request[name] !== undefined) throw invalidAt(name, `cannot be used together with ${member}`);
  }
}
