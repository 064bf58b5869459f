/**
 * Answers to a registry's challenge: Basic credentials as they are, or a token from the server that the challenge names,
 * kept until shortly before it expires. Nothing of it is ever logged.
 */
import type { Clock } from '#lib/clock.ts';
import type { Challenge } from './challenge.ts';
import { type HttpClient, readAll } from './http.ts';
import { problemOfStatus, UpstreamError } from './upstream-error.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const maxTokenBytes = 256 * 1024;
/** What a server means that says nothing. */
const defaultLifetimeMs = 60_000;
/** Tokens are given up that much before they expire, so that none does on its way. */
const marginMs = 10_000;

export const basicHeader = ({ username, password }: Credentials): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

export interface Authorizer {
  /** The `Authorization` that the last challenge for the scope was answered with, while it is good. */
  known(scope: string): string | undefined;
  /** A new one. Rejects with `denied` where there is nothing to answer with. */
  answer(scope: string, challenge: Challenge, origin: URL): Promise<string>;
}

function tokenUrl(challenge: Extract<Challenge, { scheme: 'bearer' }>, scope: string, origin: URL): URL {
  let url: URL;
  try {
    url = new URL(challenge.realm, origin);
  } catch {
    throw new UpstreamError('invalid', `${origin.host} names no token server`);
  }
  if (challenge.service !== undefined) url.searchParams.set('service', challenge.service);
  url.searchParams.set('scope', scope);
  return url;
}

export function createAuthorizer(deps: {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly credentials: Credentials | undefined;
}): Authorizer {
  const { http, clock, credentials } = deps;
  const kept = new Map<string, { readonly header: string; readonly until: number }>();

  const fetchToken = async (url: URL, scope: string, ledBy: URL): Promise<string> => {
    const headers: Record<string, string> = credentials ? { Authorization: basicHeader(credentials) } : {};
    const answer = await http.send({ method: 'GET', url, headers, ledBy });
    const body = await readAll(answer.stream, maxTokenBytes);
    if (answer.status !== 200) {
      const problem = problemOfStatus(answer.status);
      const what = problem === 'denied' ? 'takes the credentials not' : `answers ${answer.status}`;
      throw new UpstreamError(problem, `the token server ${url.host} ${what}`, { status: answer.status });
    }
    let document: { token?: unknown; access_token?: unknown; expires_in?: unknown };
    try {
      document = JSON.parse(body.toString());
    } catch {
      throw new UpstreamError('invalid', `the token server ${url.host} does not answer JSON`);
    }
    const token = document.token ?? document.access_token;
    if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) {
      throw new UpstreamError('invalid', `the token server ${url.host} answers without a token`);
    }
    const seconds = Number(document.expires_in);
    const lifetimeMs = seconds > 0 ? seconds * 1000 : defaultLifetimeMs;
    const header = `Bearer ${token}`;
    kept.set(scope, { header, until: clock.now() + Math.max(lifetimeMs - marginMs, lifetimeMs / 2) });
    return header;
  };

  return {
    known(scope) {
      const found = kept.get(scope);
      return found && found.until > clock.now() ? found.header : undefined;
    },
    async answer(scope, challenge, origin) {
      kept.delete(scope);
      if (challenge.scheme === 'bearer') return fetchToken(tokenUrl(challenge, scope, origin), scope, origin);
      if (!credentials) throw new UpstreamError('denied', `${origin.host} wants credentials`, { status: 401 });
      const header = basicHeader(credentials);
      kept.set(scope, { header, until: Number.POSITIVE_INFINITY });
      return header;
    },
  };
}
