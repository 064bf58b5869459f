/** Reads the signature out of a request: from the Authorization header, or from the query of a presigned URL. */
import { AuthError } from '../errors.ts';
import { header, type WireHeaders } from '../wire.ts';
import { decodeUri, queryPairs } from './canonical.ts';

export const algorithm = 'AWS4-HMAC-SHA256';

export interface Signature {
  readonly form: 'header' | 'query';
  readonly accessKeyId: string;
  /** `20261231` */
  readonly scopeDate: string;
  readonly region: string;
  readonly service: string;
  /** Lower-case names in the order signed. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `20261231T235959Z` */
  readonly date: string;
  readonly dateMs: number;
  readonly securityToken?: string;
  /** Presigned URLs only. */
  readonly expiresSeconds?: number;
}

export interface SignedParts {
  readonly query: string;
  readonly headers: WireHeaders;
}

const credentialIn = /Credential=([^,\s]+)/;
const queryCredentialIn = /(?:^|&)X-Amz-Credential=([^&]*)/;

/** The service in the credential scope, wherever it is and however broken the rest: enough to route by. */
export function signingServiceOf(request: SignedParts): string | undefined {
  const authorization = header(request.headers, 'authorization');
  const credential = authorization
    ? credentialIn.exec(authorization)?.[1]
    : decodeUri(queryCredentialIn.exec(request.query)?.[1] ?? '');
  return credential?.split('/').at(-2);
}

const amzDate = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

function parseDate(text: string): { readonly date: string; readonly dateMs: number } | undefined {
  const match = amzDate.exec(text);
  if (match) {
    const [, year, month, day, hour, minute, second] = match.map(Number);
    return { date: text, dateMs: Date.UTC(year!, month! - 1, day, hour, minute, second) };
  }
  const dateMs = Date.parse(text);
  if (Number.isNaN(dateMs)) return undefined;
  return { date: `${new Date(dateMs).toISOString().replace(/[-:]|\.\d+/g, '')}`, dateMs };
}

function parseCredential(text: string, date: string) {
  const parts = text.split('/');
  if (parts.length < 5) {
    throw new AuthError(
      'incompleteSignature',
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${text}'`,
    );
  }
  const [scopeDate, region, service, terminator] = parts.slice(-4) as [string, string, string, string];
  const accessKeyId = parts.slice(0, -4).join('/');
  if (terminator !== 'aws4_request') {
    throw new AuthError(
      'signatureMismatch',
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'.`,
    );
  }
  if (!date.startsWith(scopeDate) || scopeDate.length !== 8) {
    throw new AuthError(
      'signatureMismatch',
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${scopeDate}' != '${date.slice(0, 8)}', from '${date}'.`,
    );
  }
  if (!/^[a-z0-9-]{1,40}$/.test(region)) {
    throw new AuthError('signatureMismatch', 'Credential should be scoped to a valid region.');
  }
  return { accessKeyId, scopeDate, region, service };
}

/** `x-amz-target` decides what a request asks for: whoever catches a signed one must not be able to point it elsewhere. */
function checkSignedHeaders(headers: WireHeaders, signedHeaders: readonly string[]): readonly string[] {
  if (!signedHeaders.includes('host')) {
    throw new AuthError(
      'signatureMismatch',
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
  }
  if (headers['x-amz-target'] !== undefined && !signedHeaders.includes('x-amz-target')) {
    throw new AuthError('signatureMismatch', "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
  }
  return signedHeaders;
}

function parseHeader(request: SignedParts, authorization: string): Signature {
  const [scheme] = authorization.split(/\s/, 1);
  if (scheme !== algorithm) {
    throw new AuthError('incompleteSignature', `Unsupported AWS 'algorithm': '${scheme}'`);
  }
  const fields = new Map<string, string>();
  for (const part of authorization.slice(algorithm.length).split(/[,\s]+/)) {
    const at = part.indexOf('=');
    if (at > 0) fields.set(part.slice(0, at), part.slice(at + 1));
  }
  const dateText = header(request.headers, 'x-amz-date') ?? header(request.headers, 'date');
  const parsedDate = dateText === undefined ? undefined : parseDate(dateText);
  const lacks = (['Credential', 'Signature', 'SignedHeaders'] as const)
    .filter((name) => !fields.get(name))
    .map((name) => `Authorization header requires '${name}' parameter.`);
  if (!parsedDate) {
    lacks.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  if (lacks.length > 0 || !parsedDate) throw new AuthError('incompleteSignature', lacks.join(' '));
  const securityToken = header(request.headers, 'x-amz-security-token');
  return {
    form: 'header',
    ...parseCredential(fields.get('Credential')!, parsedDate.date),
    ...parsedDate,
    signedHeaders: checkSignedHeaders(request.headers, fields.get('SignedHeaders')!.toLowerCase().split(';')),
    signature: fields.get('Signature')!,
    ...(securityToken !== undefined && { securityToken }),
  };
}

function parseQuery(headers: WireHeaders, query: ReadonlyMap<string, string>): Signature {
  const lacks = ['X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date']
    .filter((name) => !query.get(name))
    .map((name) => `AWS query-string parameters must include '${name}'.`);
  if (lacks.length > 0)
    throw new AuthError('incompleteSignature', `${lacks.join(' ')} Re-examine the query-string parameters.`);
  if (query.get('X-Amz-Algorithm') !== algorithm) {
    throw new AuthError('incompleteSignature', `Unsupported AWS 'algorithm': '${query.get('X-Amz-Algorithm')}'`);
  }
  const parsedDate = parseDate(query.get('X-Amz-Date')!);
  if (!parsedDate) throw new AuthError('incompleteSignature', 'Date must be in ISO-8601 basic format.');
  const expiresText = query.get('X-Amz-Expires') ?? '900';
  const expiresSeconds = Number(expiresText);
  if (!/^\d+$/.test(expiresText) || expiresSeconds < 1 || expiresSeconds > 604_800) {
    throw new AuthError('incompleteSignature', 'X-Amz-Expires must be between 1 and 604800 seconds.');
  }
  const securityToken = query.get('X-Amz-Security-Token');
  return {
    form: 'query',
    ...parseCredential(query.get('X-Amz-Credential')!, parsedDate.date),
    ...parsedDate,
    signedHeaders: checkSignedHeaders(headers, query.get('X-Amz-SignedHeaders')!.toLowerCase().split(';')),
    signature: query.get('X-Amz-Signature')!,
    expiresSeconds,
    ...(securityToken !== undefined && { securityToken }),
  };
}

/** Throws an AuthError: `missingToken` when there is no signature at all, `incompleteSignature` for a broken one. */
export function parseSignature(request: SignedParts): Signature {
  const authorization = header(request.headers, 'authorization');
  if (authorization) return parseHeader(request, authorization);
  if (request.query.includes('X-Amz-')) {
    const query = new Map(queryPairs(request.query));
    if (query.has('X-Amz-Signature') || query.has('X-Amz-Credential')) return parseQuery(request.headers, query);
  }
  throw new AuthError('missingToken', 'Missing Authentication Token');
}
