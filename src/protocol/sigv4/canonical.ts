/**
 * The text that an AWS Signature Version 4 signs.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import type { WireHeaders } from '../wire.ts';

export interface CanonicalParts {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: WireHeaders;
  readonly signedHeaders: readonly string[];
  readonly payloadHash: string;
  /** S3 signs the path as it is sent; every other service signs it encoded once more. */
  readonly encodePath: boolean;
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** Percent-decoding that leaves text alone that is not well-formed. */
export function decodeUri(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Pairs of a query, decoded. A `+` is a space: Go's clients write it so and sign `%20`. */
export function queryPairs(query: string): [name: string, value: string][] {
  if (query === '') return [];
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const text = part.replaceAll('+', ' ');
      const at = text.indexOf('=');
      return at < 0 ? [decodeUri(text), ''] : [decodeUri(text.slice(0, at)), decodeUri(text.slice(at + 1))];
    });
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function canonicalQuery(query: string): string {
  return queryPairs(query)
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]): [string, string] => [encode(wellFormed(name)), encode(wellFormed(value))])
    .sort((a, b) => byText(a[0], b[0]) || byText(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

const wellFormed = (text: string) => (text.isWellFormed() ? text : text.toWellFormed());

function canonicalPath(path: string, encodePath: boolean): string {
  if (!encodePath || path === '/' || path === '') return path || '/';
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') segments.pop();
    else segments.push(encode(wellFormed(segment)));
  }
  return `/${segments.join('/')}${path.endsWith('/') && segments.length > 0 ? '/' : ''}`;
}

function canonicalHeader(headers: WireHeaders, name: string): string {
  const value = headers[name];
  const text = typeof value === 'string' ? value : value === undefined ? '' : value.join(',');
  return `${name}:${text.trim().replace(/\s+/g, ' ')}\n`;
}

export function canonicalRequest(parts: CanonicalParts): string {
  let headers = '';
  for (const name of parts.signedHeaders) headers += canonicalHeader(parts.headers, name);
  return [
    parts.method,
    canonicalPath(parts.path, parts.encodePath),
    canonicalQuery(parts.query),
    headers,
    parts.signedHeaders.join(';'),
    parts.payloadHash,
  ].join('\n');
}
