/**
 * Signatures as cosign makes them with a key, checked with Node's own cryptography:
 *
 *   simple signing   the payload names the digest of the manifest; its signature is an annotation of its layer
 *   bundle           a DSSE envelope around an in-toto statement whose subject is the manifest, as cosign 3 makes them
 *
 * Pure: bytes in, verdict out. https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
 */
import { type KeyObject, verify } from 'node:crypto';
import type { SignatureRule } from './policy.ts';

export const signatureArtifactType = 'application/vnd.dev.cosign.artifact.sig.v1+json';
export const payloadType = 'application/vnd.dev.cosign.simplesigning.v1+json';
export const bundleType = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.\d+\+json|\+json;version=0\.\d+)$/;
export const signatureAnnotation = 'dev.cosignproject.cosign/signature';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** The member at a path of names; undefined where there is none. */
function at(value: unknown, ...names: readonly (string | number)[]): unknown {
  let found = value;
  for (const name of names) found = isObject(found) ? found[name] : undefined;
  return found;
}

function parse(bytes: Uint8Array | string): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

function isSignedBy(keys: readonly KeyObject[], data: Uint8Array, signature: Uint8Array): boolean {
  return keys.some((key) => {
    const algorithm = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
    try {
      return verify(algorithm, data, key, signature);
    } catch {
      return false;
    }
  });
}

const says = (claims: unknown, { annotations }: SignatureRule): boolean =>
  Object.entries(annotations).every(([name, value]) => at(claims, name) === value);

/** `signature` is in base64. */
export function isGoodPayload(rule: SignatureRule, digest: string, payload: Buffer, signature: string): boolean {
  if (!isSignedBy(rule.keys, payload, Buffer.from(signature, 'base64'))) return false;
  const document = parse(payload);
  return (
    at(document, 'critical', 'type') === 'cosign container image signature' &&
    at(document, 'critical', 'image', 'docker-manifest-digest') === digest &&
    says(at(document, 'optional'), rule)
  );
}

const statementType = 'application/vnd.in-toto+json';
const signPredicate = 'https://sigstore.dev/cosign/sign/v1';

/** What is signed of an envelope. */
export const preAuthentication = (type: string, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.length} `), body]);

export function isGoodBundle(rule: SignatureRule, digest: string, bundle: Buffer): boolean {
  const envelope = at(parse(bundle), 'dsseEnvelope');
  const body = at(envelope, 'payload');
  const signature = at(envelope, 'signatures', 0, 'sig');
  if (typeof body !== 'string' || typeof signature !== 'string') return false;
  if (at(envelope, 'payloadType') !== statementType) return false;
  const bytes = Buffer.from(body, 'base64');
  const signed = preAuthentication(statementType, bytes);
  if (!isSignedBy(rule.keys, signed, Buffer.from(signature, 'base64'))) return false;
  const statement = parse(bytes);
  const subjects = at(statement, 'subject');
  const [algorithm = '', hex] = digest.split(':');
  const isAboutIt = Array.isArray(subjects) && subjects.some((one) => at(one, 'digest', algorithm) === hex);
  return (
    isAboutIt &&
    at(statement, 'predicateType') === signPredicate &&
    (says(at(statement, 'predicate'), rule) || subjects.some((one: unknown) => says(at(one, 'annotations'), rule)))
  );
}
