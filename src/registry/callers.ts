/**
 * Who sends a request: Basic credentials, as `docker login` sends them.
 *
 *   AWS:<token>                      a token of GetAuthorizationToken, twelve hours
 *   <access key id>:<secret>         an access key itself, for tools that know nothing of AWS
 *   nothing                          anonymous: may pull from public repositories
 *
 * What was found out is kept by the very header, until a table that it depends on changes or the token expires.
 */
import { timingSafeEqual } from 'node:crypto';
import { createCredentials } from '#auth/credentials.ts';
import { openRegistryToken } from '#auth/registry-token.ts';
import { createSessions } from '#auth/sessions.ts';
import type { Vault } from '#keys/vault.ts';
import type { Clock } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';
import type { Principal } from '#protocol/service.ts';
import type { ReplicaView } from '#store/replica-view.ts';
import { authTables } from './process/messages.ts';
import { RegistryError, type RegistryRequest } from './request.ts';

export interface Caller {
  /** Undefined: nobody knows who. */
  readonly principal: Principal | undefined;
  readonly expiresAt: number;
  /** Decisions that were made for it, by what they were about; dies with the caller. */
  readonly decisions: Map<string, { readonly allowed: boolean; readonly message: string; readonly until: number }>;
}

export interface CallersOptions {
  readonly view: ReplicaView;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  /** Anybody may come in, as the root of the account that a user name of 12 digits names, or else of `account`. */
  readonly permissive: boolean;
  readonly account: string;
}

/** Higher: more memory for clients that have gone; lower: tokens are opened again. */
const maxKept = 10_000;

const newCaller = (principal: Principal | undefined, expiresAt: number): Caller => ({
  principal,
  expiresAt,
  decisions: new Map(),
});

export function challenge(request: Pick<RegistryRequest, 'host' | 'secure'>): Record<string, string> {
  const realm = `${request.secure ? 'https' : 'http'}://${request.host ?? 'localhost'}/`;
  return { 'WWW-Authenticate': `Basic realm="${realm}",service="ecr.amazonaws.com"` };
}

export const unauthorized = (request: Pick<RegistryRequest, 'host' | 'secure'>): RegistryError =>
  new RegistryError(401, 'UNAUTHORIZED', 'authentication required', { headers: challenge(request) });

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

function parseBasic(authorization: string): readonly [string, string] | undefined {
  const [, encoded] = /^basic\s+([A-Za-z0-9+/=_-]+)\s*$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : [text.slice(0, colon), text.slice(colon + 1)];
}

const rootOf = (account: string): Principal => ({
  account,
  arn: `arn:aws:iam::${account}:root`,
  userId: account,
  accessKeyId: account,
});

export interface Callers {
  /** Throws a RegistryError when there are credentials and they are no good. */
  find(request: RegistryRequest): Caller;
}

export function createCallers(options: CallersOptions): Callers {
  const { view, vault, clock, random, permissive, account } = options;
  const sessions = createSessions({ vault, view, random });
  const credentials = createCredentials({ view, vault, sessions });
  const kept = new Map<string, Caller>();
  let keptAt = -1;

  const anonymous = newCaller(permissive ? rootOf(account) : undefined, Number.POSITIVE_INFINITY);
  const revision = () => authTables.reduce((newest, table) => Math.max(newest, view.tableRevision(table)), 0);
  const byToken = (request: RegistryRequest, token: string): Caller | undefined => {
    const isKnown = () => permissive;
    const opened = openRegistryToken({ vault, view, isKnown }, token, clock.now());
    if (!('refused' in opened)) return newCaller(opened.principal, opened.expiresAt);
    if (opened.refused === 'none') return undefined;
    const message = 'Your authorization token has expired. Reauthenticate and try again.';
    throw new RegistryError(permissive ? 401 : 403, 'DENIED', message, { headers: challenge(request) });
  };

  const byKey = (id: string, secret: string): Caller | undefined => {
    const credential = id.startsWith('AKIA') ? credentials.find(id) : undefined;
    if (!credential?.secretAccessKey || !sameText(credential.secretAccessKey, secret)) return undefined;
    return newCaller(credential.principal, credential.expiresAt ?? Number.POSITIVE_INFINITY);
  };

  const identify = (request: RegistryRequest, authorization: string): Caller => {
    const [user, password] = parseBasic(authorization) ?? [];
    if (user === undefined || password === undefined) throw unauthorized(request);
    const caller = (user === 'AWS' ? byToken(request, password) : undefined) ?? byKey(user, password);
    if (caller) return caller;
    if (!permissive) throw unauthorized(request);
    return newCaller(rootOf(/^\d{12}$/.test(user) ? user : account), Number.POSITIVE_INFINITY);
  };

  return {
    find(request) {
      const { authorization } = request;
      const now = revision();
      if (now !== keptAt) {
        kept.clear();
        anonymous.decisions.clear();
        keptAt = now;
      }
      if (authorization === undefined || authorization === '') return anonymous;
      const known = kept.get(authorization);
      if (known && known.expiresAt > clock.now()) return known;
      const caller = identify(request, authorization);
      if (kept.size >= maxKept) kept.clear();
      kept.set(authorization, caller);
      return caller;
    },
  };
}
