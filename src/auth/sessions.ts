/**
 * Temporary credentials. The session token is self-contained: sealed by the vault, it holds the secret, the principal
 * and how the session came to be, so nothing is kept per session and every process with the vault can check one.
 *
 * A session is good until it expires, unless it was revoked (a row of its own until then), its role or user is gone or
 * is another one under an old name, or the access key that it was made with is gone or inactive.
 */

import type { Vault } from '#keys/vault.ts';
import type { Clock, Timer } from '#lib/clock.ts';
import { accessKeyId } from '#lib/ids.ts';
import type { Random } from '#lib/random.ts';
import type { Credential } from '#protocol/authenticate.ts';
import type { Principal, SessionFacts } from '#protocol/service.ts';
import type { Store, Tx, View } from '#store/store.ts';
import { accessKeys, revokedSessions, roles, users } from '#store/tables/iam.ts';
import { secretAccessKey } from './access-key.ts';

export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAt: number;
}

/** Who the session will be; `session` says how it came to be. */
export type SessionPrincipal = Omit<Principal, 'accessKeyId' | 'session'> & { readonly session: SessionFacts };

export interface Sessions {
  issue(principal: SessionPrincipal): TemporaryCredentials;
  /** The credential of a token of ours, expired or not; undefined for what is none, is revoked or has lost its owner. */
  open(accessKeyId: string, sessionToken: string): Credential | undefined;
}

interface Sealed {
  readonly secret: string;
  readonly principal: Omit<Principal, 'accessKeyId'>;
}

const purpose = 'session';

/** A registry's token may outlive by that much the session that asked for it; so revocations do, too. */
export const registryTokenLifetimeMs = 12 * 3_600_000;

/** Was the token made here for that key, whatever has become of its session? */
export function isSessionToken(vault: Vault, accessKeyId: string, sessionToken: string): boolean {
  try {
    return vault.open(purpose, sessionToken, accessKeyId).length > 0;
  } catch {
    return false;
  }
}

/** The role or user behind a session is still the one that it was made for. Says nothing about time and revocation. */
export function isAlive(view: View, session: SessionFacts, account: string): boolean {
  const { issuerKeyId } = session;
  if (issuerKeyId !== undefined && view.get(accessKeys, issuerKeyId)?.status !== 'Active') return false;
  if (session.issuerArn === `arn:aws:iam::${account}:root`) return true;
  const issuer = view.get(roles, session.issuerArn) ?? view.get(users, session.issuerArn);
  return issuer?.id === session.issuerId;
}

export function createSessions(deps: {
  readonly vault: Vault;
  readonly view: View;
  readonly random: Random;
}): Sessions {
  const { vault, view, random } = deps;
  return {
    issue(principal) {
      const id = accessKeyId(random, 'ASIA', principal.account);
      const secret = secretAccessKey(random);
      const sealed: Sealed = { secret, principal };
      return {
        accessKeyId: id,
        secretAccessKey: secret,
        sessionToken: vault.seal(purpose, JSON.stringify(sealed), id),
        expiresAt: principal.session.expiresAt,
      };
    },
    open(id, sessionToken) {
      let sealed: Sealed;
      try {
        sealed = JSON.parse(vault.open(purpose, sessionToken, id).toString());
      } catch {
        return undefined;
      }
      const { session, account } = sealed.principal;
      if (!session || view.get(revokedSessions, id) || !isAlive(view, session, account)) return undefined;
      return {
        principal: { ...sealed.principal, accessKeyId: id },
        secretAccessKey: sealed.secret,
        sessionToken,
        expiresAt: session.expiresAt,
      };
    },
  };
}

/** From this transaction on the credentials open nothing. */
export function revokeSession(tx: Tx, accessKeyId: string, expiresAt: number): void {
  tx.put(revokedSessions, { accessKeyId, expiresAt: expiresAt + registryTokenLifetimeMs });
}

/** Drops what is expired anyhow. */
export function forgetRevoked(tx: Tx, clock: Clock): void {
  const now = clock.now();
  for (const row of tx.all(revokedSessions)) if (row.expiresAt < now) tx.delete(revokedSessions, row.accessKeyId);
}

const forgetEveryMs = 10 * 60_000;

/** Forgets now and then; answers what ends it. */
export function startForgetting(deps: { readonly store: Store; readonly clock: Clock }): () => void {
  const { store, clock } = deps;
  let timer: Timer | undefined;
  const wait = () => {
    timer = clock.after(forgetEveryMs, () => {
      const now = clock.now();
      for (const row of store.all(revokedSessions)) {
        if (row.expiresAt >= now) continue;
        store.transact((tx) => forgetRevoked(tx, clock));
        break;
      }
      wait();
    });
  };
  wait();
  return () => timer?.cancel();
}
