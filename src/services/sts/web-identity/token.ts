/**
 * An OpenID Connect token: whom an issuer vouches for. Read first, to know which issuer, then verified with its keys.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html
 */
import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { OpenIdConnectProviderRow } from '#model/iam.ts';
import { expiredToken, idpCommunicationError, invalidIdentityToken } from '../errors.ts';
import { type IssuerKeys, IssuerUnreachable, IssuerUnusable } from './issuer-keys.ts';

export interface WebIdentity {
  readonly issuer: string;
  readonly subject: string;
  /** The party that it was issued to: `azp` where there is one, else the `aud` that the provider lists. */
  readonly audience: string;
  readonly claims: JWTPayload;
}

const algorithms = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'];
const noKey = () =>
  invalidIdentityToken(
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
  );

/** The claims as they are written, not yet to be believed, and who is said to have issued them. */
export function readToken(token: string): { readonly issuer: string } {
  let claims: JWTPayload;
  try {
    claims = decodeJwt(token);
  } catch {
    throw invalidIdentityToken(
      'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    );
  }
  if (typeof claims.iss !== 'string') throw invalidIdentityToken('Missing a required claim: iss');
  return { issuer: claims.iss };
}

async function verifyWith(keys: IssuerKeys, clock: Clock, token: string, issuer: string): Promise<JWTPayload> {
  const options = {
    issuer,
    algorithms,
    currentDate: new Date(clock.now()),
    requiredClaims: ['exp', 'iat', 'sub', 'aud'],
  };
  const first = await keys.get(issuer);
  try {
    return (await jwtVerify(token, createLocalJWKSet(first.keySet as JSONWebKeySet), options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    const second = await keys.get(issuer, clock.now());
    return (await jwtVerify(token, createLocalJWKSet(second.keySet as JSONWebKeySet), options)).payload;
  }
}

const seconds = (ms: number) => Math.floor(ms / 1000);

function toRefusal(error: unknown, clock: Clock): unknown {
  if (error instanceof IssuerUnreachable) return idpCommunicationError(error);
  if (error instanceof errors.JWTExpired) {
    const expires = error.payload.exp;
    return expiredToken(
      `Token expired: current date/time ${seconds(clock.now())} must be before the expiration date/time ${expires}`,
    );
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return invalidIdentityToken(
      error.reason === 'missing' ? `Missing a required claim: ${error.claim}` : `The claim ${error.claim} is not valid`,
    );
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return invalidIdentityToken('The signature of the identity token is not valid');
  }
  if (error instanceof IssuerUnusable || error instanceof errors.JOSEError) return noKey();
  // Keys of the issuer that are no keys.
  if (error instanceof TypeError || error instanceof DOMException) return noKey();
  return error;
}

/** Throws STS's refusal of a token that the issuer's keys, its claims or its time do not hold up. */
export async function verifyToken(
  deps: { readonly issuerKeys: IssuerKeys; readonly clock: Clock; readonly logger: Logger },
  token: string,
  issuer: string,
  provider: OpenIdConnectProviderRow,
): Promise<WebIdentity> {
  let claims: JWTPayload;
  try {
    claims = await verifyWith(deps.issuerKeys, deps.clock, token, issuer);
  } catch (error) {
    if (error instanceof IssuerUnreachable || error instanceof IssuerUnusable) {
      deps.logger.warn('an identity provider gave no keys', { issuer, error });
    }
    throw toRefusal(error, deps.clock);
  }
  const { sub, aud, azp } = claims;
  const audiences = typeof azp === 'string' ? [azp] : [aud].flat();
  const audience = audiences.find((one) => one !== undefined && provider.clientIds.includes(one));
  if (audience === undefined) throw invalidIdentityToken('Incorrect token audience');
  if (typeof sub !== 'string' || sub === '') throw invalidIdentityToken('Missing a required claim: sub');
  return { issuer, subject: sub, audience, claims };
}
