/**
 * Who sent a request: parse its signature, find the credential that it names, check the one against the other. What
 * credentials there are is the business of the `auth` room, which gives a CredentialSource.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '#lib/clock.ts';
import { AuthError } from './errors.ts';
import type { Principal } from './service.ts';
import { parseSignature, type Signature } from './sigv4/parse.ts';
import { createSignatureVerifier, type SignedRequest } from './sigv4/verify.ts';

export interface Credential {
  readonly principal: Principal;
  /** Absent when the source lets the key in without a proof. */
  readonly secretAccessKey?: string;
  /** Temporary credentials only: the request must carry the same. */
  readonly sessionToken?: string;
  readonly expiresAt?: number;
}

export interface CredentialSource {
  /** `sessionToken` is what the request carries; temporary credentials are found by it. */
  find(accessKeyId: string, sessionToken?: string): Credential | undefined;
}

export interface Identity {
  readonly principal: Principal;
  /** Region of the credential scope. */
  readonly region: string;
  /** The payload, out of its chunks where it came in chunks. */
  readonly payload: Buffer;
}

/** Throws an AuthError; `signingName` is the service that the request is for. */
export type Authenticate = (request: SignedRequest, signingName: string) => Identity;

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

function checkToken(credential: Credential, signature: Signature, nowMs: number): void {
  const given = signature.securityToken;
  const wanted = credential.sessionToken;
  const matches =
    wanted === undefined ? given === undefined || given === '' : given !== undefined && sameText(given, wanted);
  if (!matches) throw new AuthError('unknownKey', 'The security token included in the request is invalid.');
  if (credential.expiresAt !== undefined && credential.expiresAt <= nowMs) {
    throw new AuthError('expiredToken', 'The security token included in the request is expired');
  }
}

export function createAuthenticate(options: {
  readonly credentials: CredentialSource;
  readonly clock: Clock;
}): Authenticate {
  const verifier = createSignatureVerifier();
  return (request, signingName) => {
    const signature = parseSignature(request);
    if (signature.service !== signingName) {
      throw new AuthError('signatureMismatch', `Credential should be scoped to correct service: '${signingName}'. `);
    }
    const credential = options.credentials.find(signature.accessKeyId, signature.securityToken);
    if (!credential) throw new AuthError('unknownKey', 'The security token included in the request is invalid.');
    const nowMs = options.clock.now();
    const { principal, secretAccessKey } = credential;
    if (secretAccessKey === undefined) return { principal, region: signature.region, payload: request.body };
    checkToken(credential, signature, nowMs);
    const payload = verifier.verify(request, signature, secretAccessKey, nowMs);
    return { principal, region: signature.region, payload };
  };
}
