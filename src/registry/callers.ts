/**
 * Who sends a request: Basic credentials, as `docker login` keeps them, or a token that the token endpoint made of them.
 *
 *   Basic AWS:<token>                a token of GetAuthorizationToken, twelve hours
 *   Basic <access key id>:<secret>   an access key itself, for tools that know nothing of AWS
 *   Bearer <token>                   of the token endpoint, in the name of who fetched it, or in nobody's
 *   nothing, or Basic anonymous:…    may pull from public repositories
 *
 * A session of a task or of an instance ends with it; their rows are not followed here, so the control plane is asked again
 * every few seconds (`isDue`, `isAlive`).
 *
 * What was found out is kept by the very header, until a table that it depends on changes or the token expires.
 */
import { timingSafeEqual } from 'node:crypto';
import { createCredentials } from '#auth/credentials.ts';
import { instanceService } from '#auth/instances.ts';
import { openAnonymousToken, openRegistryToken } from '#auth/registry-token.ts';
import { createSessions } from '#auth/sessions.ts';
import { taskService } from '#auth/task-roles.ts';
import type { Vault } from '#keys/vault.ts';
import type { Clock } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';
import type { Principal } from '#protocol/service.ts';
import type { ReplicaView } from '#store/replica-view.ts';
import { challenge, unauthorized } from './challenge.ts';
import { authTables } from './process/messages.ts';
import { RegistryError, type RegistryRequest } from './request.ts';

export interface Caller {
  /** Undefined: nobody knows who. */
  readonly principal: Principal | undefined;
  readonly expiresAt: number;
  /** Came with a token in nobody's name. */
  readonly isAnonymousToken: boolean;
  /** Of a session that may end unseen: until then it lives. */
  aliveUntil: number;
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
  /** Credentials were opened: of every client once, until something changes. */
  readonly onIdentified: (principal: Principal) => void;
  /** Asks the control plane whether the session's task or instance is still there. */
  readonly isSessionAlive: (principal: Principal) => Promise<boolean>;
}

/** Longer: the token of a task that has stopped is good for that much longer; shorter: the control plane is asked more. */
const aliveForMs = 5_000;
/** Higher: more memory for clients that have gone; lower: tokens are opened again. */
const maxKept = 10_000;

const endsUnseen = ({ session }: Principal): boolean =>
  session?.service === taskService || session?.service === instanceService;

export const newCaller = (principal: Principal | undefined, expiresAt: number, isAnonymousToken = false): Caller => ({
  principal,
  expiresAt,
  isAnonymousToken,
  aliveUntil: principal && endsUnseen(principal) ? 0 : Number.POSITIVE_INFINITY,
  decisions: new Map(),
});

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
  /** Whether it has to be asked first if the caller's session lives. */
  isDue(caller: Caller): boolean;
  isAlive(caller: Caller): Promise<boolean>;
}

export function createCallers(options: CallersOptions): Callers {
  const { view, vault, clock, random, permissive, account, onIdentified, isSessionAlive } = options;
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

  const byBearer = (request: RegistryRequest, token: string): Caller => {
    const anonymousUntil = openAnonymousToken({ vault }, token);
    if (anonymousUntil !== undefined && anonymousUntil > clock.now()) {
      return newCaller(anonymous.principal, anonymousUntil, true);
    }
    const opened = openRegistryToken({ vault, view, isKnown: () => permissive }, token, clock.now());
    if (!('refused' in opened)) return newCaller(opened.principal, opened.expiresAt);
    throw unauthorized(request);
  };

  const identify = (request: RegistryRequest, authorization: string): Caller => {
    const [, token] = /^bearer\s+(\S+)\s*$/i.exec(authorization) ?? [];
    if (token !== undefined) return byBearer(request, token);
    const [user, password] = parseBasic(authorization) ?? [];
    if (user === undefined || password === undefined) throw unauthorized(request);
    if (user === 'anonymous' || (user === '' && password === '')) return anonymous;
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
      if (caller.principal) onIdentified(caller.principal);
      if (kept.size >= maxKept) kept.clear();
      kept.set(authorization, caller);
      return caller;
    },
    isDue: (caller) => caller.aliveUntil <= clock.now(),
    async isAlive(caller) {
      const alive = await isSessionAlive(caller.principal!);
      if (alive) caller.aliveUntil = clock.now() + aliveForMs;
      return alive;
    },
  };
}
