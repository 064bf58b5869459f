/**
 * Paths at which anybody may fetch one blob for a while: what GetDownloadUrlForLayer answers. Names of repositories never begin
 * with an underscore, so the path is nobody else's.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Vault } from '#keys/vault.ts';

export const signedBlobPrefix = '/v2/_blobs/';

const signatureOf = (vault: Vault, digest: string, expiresAt: number): Buffer =>
  vault.mac('registry blob', `${digest} ${expiresAt}`);

export function signedBlobPath(vault: Vault, digest: string, expiresAt: number): string {
  const signature = signatureOf(vault, digest, expiresAt).toString('base64url');
  return `${signedBlobPrefix}${digest}?expires=${expiresAt}&signature=${signature}`;
}

export function isSignedFor(vault: Vault, digest: string, query: URLSearchParams, nowMs: number): boolean {
  const expiresAt = Number(query.get('expires'));
  const given = Buffer.from(query.get('signature') ?? '', 'base64url');
  const wanted = signatureOf(vault, digest, expiresAt);
  return given.length === wanted.length && timingSafeEqual(given, wanted) && expiresAt > nowMs;
}
