/**
 * Verification keys of OIDC issuers: the discovery document, then the key set that it names. Asked for over https, or
 * over http from an issuer on this machine's loopback; redirects are not followed, documents and waiting are limited.
 * Only issuers that an account has as an OIDC provider are ever asked (the caller sees to that).
 *
 * Keys are kept for a while. A token under a key that is not among them has them fetched anew, but not more often than
 * every half minute, and a failure is remembered for some seconds: strangers may send tokens as they like.
 */
import type { Clock } from '#lib/clock.ts';

export interface IssuerKeys {
  /**
   * The issuer's key set (RFC 7517) as JSON. `atLeast`: fetched later than that, where it may be. Throws
   * IssuerUnreachable or IssuerUnusable.
   */
  get(issuer: string, atLeast?: number): Promise<{ readonly fetchedAt: number; readonly keySet: unknown }>;
}

export class IssuerUnreachable extends Error {
  override readonly name = 'IssuerUnreachable';
}
/** It answered something that is no discovery document or key set. */
export class IssuerUnusable extends Error {
  override readonly name = 'IssuerUnusable';
}

/** Longer: keys that the issuer has withdrawn are trusted for longer. */
const keepMs = 10 * 60_000;
const refetchAfterMs = 30_000;
const keepFailureMs = 5_000;
const timeoutMs = 5_000;
const maxDocumentBytes = 512 * 1024;
const maxIssuers = 1_000;

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** https, or http on loopback. */
export function mayAsk(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || (protocol === 'http:' && loopback.test(hostname));
}

async function readLimited(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxDocumentBytes) throw new IssuerUnusable(`a document of more than ${maxDocumentBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

async function fetchJson(address: string): Promise<Record<string, unknown>> {
  if (!mayAsk(address)) throw new IssuerUnusable(`${address} is not an https address`);
  let text: string;
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(address, { redirect: 'error', signal, headers: { accept: 'application/json' } });
    if (!response.ok) throw new IssuerUnusable(`${address} answered ${response.status}`);
    text = await readLimited(response);
  } catch (cause) {
    if (cause instanceof IssuerUnusable) throw cause;
    throw new IssuerUnreachable(`${address} cannot be reached`, { cause });
  }
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === 'object' && document !== null) return document as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new IssuerUnusable(`${address} answered no JSON object`);
}

async function fetchKeySet(issuer: string): Promise<unknown> {
  const discovery = await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  if (discovery['issuer'] !== issuer) throw new IssuerUnusable(`the discovery document is of another issuer`);
  const address = discovery['jwks_uri'];
  if (typeof address !== 'string') throw new IssuerUnusable('the discovery document has no jwks_uri');
  const keySet = await fetchJson(address);
  if (!Array.isArray(keySet['keys'])) throw new IssuerUnusable('the key set has no keys');
  return keySet;
}

interface Kept {
  readonly fetchedAt: number;
  readonly keySet: Promise<unknown>;
  failed: boolean;
}

export function createIssuerKeys(deps: { readonly clock: Clock }): IssuerKeys {
  const { clock } = deps;
  const kept = new Map<string, Kept>();

  function fetchAnew(issuer: string): Kept {
    const made: Kept = { fetchedAt: clock.now(), keySet: fetchKeySet(issuer), failed: false };
    made.keySet.catch(() => {
      made.failed = true;
    });
    kept.delete(issuer);
    if (kept.size >= maxIssuers) kept.delete(kept.keys().next().value!);
    kept.set(issuer, made);
    return made;
  }

  return {
    async get(issuer, atLeast = 0) {
      const known = kept.get(issuer);
      const age = known ? clock.now() - known.fetchedAt : Number.POSITIVE_INFINITY;
      const isStale = age > keepMs || (known?.failed && age > keepFailureMs);
      const isTooOld = known !== undefined && known.fetchedAt < atLeast && age > refetchAfterMs;
      const { fetchedAt, keySet } = known && !isStale && !isTooOld ? known : fetchAnew(issuer);
      return { fetchedAt, keySet: await keySet };
    },
  };
}
