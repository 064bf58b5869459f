/**
 * What GetAuthorizationToken answers: a password for registries, sealed by the vault, that carries who asked for it and
 * lasts twelve hours, also beyond the session that it was asked with. It dies with its principal: with the access key,
 * the user or the role, or when the session is revoked. Docker's user name with it is `AWS`.
 *
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
 */
import type { Vault } from '#keys/vault.ts';
import type { Scope } from '#model/arn.ts';
import type { Principal } from '#protocol/service.ts';
import type { View } from '#store/store.ts';
import { accessKeys, revokedSessions, users } from '#store/tables/iam.ts';
import { isRootArn } from './principals.ts';
import { isAlive, registryTokenLifetimeMs } from './sessions.ts';

export interface RegistryToken {
  /** The password that goes with the user name `AWS`. */
  readonly token: string;
  readonly expiresAt: number;
}

interface Sealed {
  readonly principal: Principal;
  readonly scope: Scope;
  readonly expiresAt: number;
}

const purpose = 'registry token';

export function issueRegistryToken(
  deps: { readonly vault: Vault },
  principal: Principal,
  scope: Scope,
  nowMs: number,
  /** At most until then: a token for a token lasts no longer than that one. */
  untilMs = Number.POSITIVE_INFINITY,
): RegistryToken {
  const expiresAt = Math.min(nowMs + registryTokenLifetimeMs, untilMs);
  const { account, region } = scope;
  const sealed: Sealed = { principal, scope: { account, region }, expiresAt };
  return { token: deps.vault.seal(purpose, JSON.stringify(sealed), ''), expiresAt };
}

function isPrincipalAlive(view: View, principal: Principal): boolean {
  const { session, accessKeyId, account } = principal;
  if (session) return !view.get(revokedSessions, accessKeyId) && isAlive(view, session, account);
  const key = view.get(accessKeys, accessKeyId);
  if (key?.status !== 'Active' || key.principalArn !== principal.arn) return false;
  return isRootArn(principal.arn) || view.get(users, principal.arn)?.id === principal.userId;
}

export type OpenedRegistryToken =
  | { readonly principal: Principal; readonly scope: Scope; readonly expiresAt: number }
  /** `none`: no token of ours, or its principal is gone. */
  | { readonly refused: 'expired' | 'none' };

/**
 * `isKnown` lets principals in that the rows know nothing of (made-up keys of permissive mode); by default there are none.
 */
export function openRegistryToken(
  deps: { readonly vault: Vault; readonly view: View; readonly isKnown?: (principal: Principal) => boolean },
  token: string,
  nowMs: number,
): OpenedRegistryToken {
  let sealed: Sealed;
  try {
    sealed = JSON.parse(deps.vault.open(purpose, token, '').toString());
  } catch {
    return { refused: 'none' };
  }
  if (sealed.expiresAt <= nowMs) return { refused: 'expired' };
  const isAliveNow = isPrincipalAlive(deps.view, sealed.principal) || deps.isKnown?.(sealed.principal) === true;
  return isAliveNow ? sealed : { refused: 'none' };
}

const anonymousPurpose = 'anonymous registry token';

/** For who says nothing of himself: good for nothing but what anybody may do. */
export function issueAnonymousToken(deps: { readonly vault: Vault }, nowMs: number): RegistryToken {
  const expiresAt = nowMs + registryTokenLifetimeMs;
  return { token: deps.vault.seal(anonymousPurpose, String(expiresAt), ''), expiresAt };
}

/** When it expires; undefined when it is none. */
export function openAnonymousToken(deps: { readonly vault: Vault }, token: string): number | undefined {
  try {
    return Number(deps.vault.open(anonymousPurpose, token, '').toString());
  } catch {
    return undefined;
  }
}
