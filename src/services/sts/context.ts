/** What STS's operations are given. */
import type { Sessions } from '#auth/sessions.ts';
import type { Vault } from '#keys/vault.ts';
import type { AuthorizationRequest, Decision } from '#protocol/authorize.ts';
import type { RequestContext } from '#protocol/service.ts';
import type { Session } from '#store/store.ts';
import type { IssuerKeys } from './web-identity/issuer-keys.ts';

export interface StsDeps {
  readonly sessions: Sessions;
  readonly vault: Vault;
  readonly issuerKeys: IssuerKeys;
  /** May somebody whom the OIDC provider of that ARN vouches for have these permissions? */
  readonly authorizeWebIdentity: (providerArn: string, request: Omit<AuthorizationRequest, 'principal'>) => Decision;
}

export type StsContext = RequestContext<StsDeps, Session>;
