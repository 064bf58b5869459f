/**
 * Checks a signature against a secret. The same verification serves API requests, websocket handshakes of agents and
 * the signed frames of their telemetry. Derived signing keys are kept, because deriving one costs four times what the
 * rest of a check costs and it stays the same for a day. Secrets and signatures never go into messages or logs.
 */
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { AuthError } from '../errors.ts';
import { header, type WireHeaders } from '../wire.ts';
import { canonicalRequest } from './canonical.ts';
import { readChunks } from './chunks.ts';
import { algorithm, type Signature } from './parse.ts';

export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: WireHeaders;
  readonly body: Buffer;
}

/** How far a client's clock may be off, as at AWS. Wider, and a captured request can be replayed for longer. */
export const maxSkewMs = 5 * 60_000;

/** A day has one key per secret, region and service; beyond this the oldest go. */
const maxSigningKeys = 2_000;

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

export interface SignatureVerifier {
  /**
   * Answers the payload, out of its chunks where it came in chunks. Throws an AuthError when the signature is not what
   * `secret` makes of the request, or is not of now.
   */
  verify(request: SignedRequest, signature: Signature, secret: string, nowMs: number): Buffer;
}

const formatAmzDate = (epochMs: number) => new Date(epochMs).toISOString().replace(/[-:]|\.\d+/g, '');

function checkTime(signature: Signature, nowMs: number): void {
  const now = formatAmzDate(nowMs);
  if (signature.dateMs > nowMs + maxSkewMs) {
    throw new AuthError(
      'signatureMismatch',
      `Signature not yet current: ${signature.date} is still later than ${formatAmzDate(nowMs + maxSkewMs)} (${now} + 5 min.)`,
    );
  }
  const livesMs = signature.expiresSeconds === undefined ? maxSkewMs : signature.expiresSeconds * 1000;
  if (signature.dateMs < nowMs - livesMs) {
    throw new AuthError(
      'signatureMismatch',
      `Signature expired: ${signature.date} is now earlier than ${formatAmzDate(nowMs - livesMs)} (${now} - ${Math.ceil(livesMs / 60_000)} min.)`,
    );
  }
}

/** Payloads signed chunk by chunk, and payloads that only a trailing checksum covers. */
const streaming: Readonly<Record<string, { readonly signed: boolean; readonly trailer: boolean }>> = {
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { signed: true, trailer: false },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { signed: true, trailer: true },
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { signed: false, trailer: true },
};

/** The payload's own hash, or the word with which a client says that it did not sign the payload as one. */
function payloadHash(request: SignedRequest): string {
  const declared = header(request.headers, 'x-amz-content-sha256');
  if (declared === 'UNSIGNED-PAYLOAD' || (declared && Object.hasOwn(streaming, declared))) return declared;
  return hash('sha256', request.body);
}

export function createSignatureVerifier(): SignatureVerifier {
  const signingKeys = new Map<string, Buffer>();

  function signingKey(secret: string, { scopeDate, region, service }: Signature): Buffer {
    const id = `${scopeDate}/${region}/${service}/${secret}`;
    const known = signingKeys.get(id);
    if (known) return known;
    const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, scopeDate), region), service), 'aws4_request');
    if (signingKeys.size >= maxSigningKeys) signingKeys.delete(signingKeys.keys().next().value!);
    signingKeys.set(id, key);
    return key;
  }

  return {
    verify(request, signature, secret, nowMs) {
      const hashed = payloadHash(request);
      const canonical = canonicalRequest({
        method: request.method,
        path: request.path,
        query: request.query,
        headers: request.headers,
        signedHeaders: signature.signedHeaders,
        payloadHash: hashed,
        encodePath: signature.service !== 's3',
      });
      const scope = `${signature.scopeDate}/${signature.region}/${signature.service}/aws4_request`;
      const toSign = `${algorithm}\n${signature.date}\n${scope}\n${hash('sha256', canonical)}`;
      const key = signingKey(secret, signature);
      const expected = createHmac('sha256', key).update(toSign).digest();
      const given = Buffer.from(signature.signature, 'hex');
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
        throw new AuthError(
          'signatureMismatch',
          'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
        );
      }
      checkTime(signature, nowMs);
      const form = streaming[hashed];
      if (!form) return request.body;
      const signing = { key, date: signature.date, scope, seed: signature.signature };
      return readChunks(request.body, form.signed ? signing : undefined, form.trailer);
    },
  };
}
