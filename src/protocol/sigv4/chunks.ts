/**
 * aws-chunked bodies: what a client sends that signs a payload piece by piece while it streams. Each chunk's signature
 * covers the one before, so that none can be left out, changed or moved.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { AuthError } from '../errors.ts';

export interface ChunkSigning {
  readonly key: Buffer;
  readonly date: string;
  /** `20261231/us-east-1/s3/aws4_request` */
  readonly scope: string;
  /** Signature of the request's headers, in hex: what the first chunk's covers. */
  readonly seed: string;
}

const crlf = Buffer.from('\r\n');
const emptyHash = hash('sha256', '');

const malformed = () => new AuthError('incompleteSignature', 'The chunked payload is malformed.');
const mismatch = () =>
  new AuthError(
    'signatureMismatch',
    'The chunk signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
  );

function checkSignature(given: string | undefined, expected: Buffer): void {
  const bytes = Buffer.from(given ?? '', 'hex');
  if (bytes.length !== expected.length || !timingSafeEqual(bytes, expected)) throw mismatch();
}

/** Reads one line; the offset after it comes back with it. */
function readLine(body: Buffer, at: number): { readonly line: string; readonly next: number } {
  const end = body.indexOf(crlf, at);
  if (end < 0) throw malformed();
  return { line: body.toString('latin1', at, end), next: end + 2 };
}

/** Canonical text of the trailing headers, without their own signature; which is given apart. */
function readTrailers(body: Buffer, from: number): { readonly canonical: string; readonly signature?: string } {
  let canonical = '';
  let signature: string | undefined;
  for (let at = from; at < body.length; ) {
    const { line, next } = readLine(body, at);
    at = next;
    if (line === '') break;
    const colon = line.indexOf(':');
    if (colon <= 0) throw malformed();
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'x-amz-trailer-signature') signature = value;
    else canonical += `${name}:${value}\n`;
  }
  return { canonical, ...(signature !== undefined && { signature }) };
}

/** The payload within a chunked body. `signing` is absent when the chunks are not signed; `trailer` when none follow. */
export function readChunks(body: Buffer, signing: ChunkSigning | undefined, trailer: boolean): Buffer {
  const sign = (text: string) => createHmac('sha256', signing!.key).update(text).digest();
  const data: Buffer[] = [];
  let previous = signing?.seed ?? '';
  let at = 0;
  for (;;) {
    const { line, next } = readLine(body, at);
    const match = /^([0-9a-fA-F]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
    if (!match) throw malformed();
    const size = Number.parseInt(match[1]!, 16);
    if (next + size > body.length) throw malformed();
    const chunk = body.subarray(next, next + size);
    if (signing) {
      const text = `AWS4-HMAC-SHA256-PAYLOAD\n${signing.date}\n${signing.scope}\n${previous}\n${emptyHash}\n${hash('sha256', chunk)}`;
      checkSignature(match[2], sign(text));
      previous = match[2]!;
    }
    at = next + size;
    if (size === 0) break;
    if (body.compare(crlf, 0, 2, at, at + 2) !== 0) throw malformed();
    at += 2;
    data.push(chunk);
  }
  if (trailer) {
    const { canonical, signature } = readTrailers(body, at);
    if (signing) {
      const text = `AWS4-HMAC-SHA256-TRAILER\n${signing.date}\n${signing.scope}\n${previous}\n${hash('sha256', canonical)}`;
      checkSignature(signature, sign(text));
    }
  }
  return data.length === 1 ? data[0]! : Buffer.concat(data);
}
