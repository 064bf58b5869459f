/**
 * Certificates of our own: an authority that a machine is told to trust, and certificates for the names that it vouches for.
 * Keys are made by Node; node-forge only writes and signs the certificates.
 */
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';

/** PEM, both. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

const dayMs = 24 * 3_600_000;
const authorityLifetimeMs = 3_650 * dayMs;
/** Clients refuse certificates that live for more than 398 days. */
export const certificateLifetimeMs = 90 * dayMs;
/** Clocks of other machines may be behind. */
const backdateMs = dayMs;

interface Wanted {
  readonly subject: readonly forge.pki.CertificateField[];
  readonly lifetimeMs: number;
  readonly extensions: readonly object[];
  readonly issuer?: KeyAndCertificate;
}

async function make(wanted: Wanted, nowMs: number, serial: Uint8Array): Promise<KeyAndCertificate> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  // Positive, whatever its first bit.
  certificate.serialNumber = `00${Buffer.from(serial).toString('hex')}`;
  certificate.validity.notBefore = new Date(nowMs - backdateMs);
  certificate.validity.notAfter = new Date(nowMs + wanted.lifetimeMs);
  certificate.setSubject([...wanted.subject]);
  const issuer = wanted.issuer && forge.pki.certificateFromPem(wanted.issuer.cert);
  certificate.setIssuer(issuer ? issuer.subject.attributes : [...wanted.subject]);
  const authorityKeyIdentifier = issuer && {
    name: 'authorityKeyIdentifier',
    keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes(),
  };
  const extensions = [...wanted.extensions, { name: 'subjectKeyIdentifier' }, authorityKeyIdentifier];
  certificate.setExtensions(extensions.filter((one) => one !== undefined));
  certificate.sign(forge.pki.privateKeyFromPem(wanted.issuer?.key ?? privateKey), forge.md.sha256.create());
  return { key: privateKey, cert: forge.pki.certificateToPem(certificate) };
}

/** `serial` is 16 random bytes. */
export function makeAuthority(commonName: string, nowMs: number, serial: Uint8Array): Promise<KeyAndCertificate> {
  const subject = [
    { name: 'commonName', value: commonName },
    { name: 'organizationName', value: 'Slipway' },
  ];
  const extensions = [
    { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ];
  return make({ subject, lifetimeMs: authorityLifetimeMs, extensions }, nowMs, serial);
}

/** Of a server that answers to `name`. */
export function certify(
  issuer: KeyAndCertificate,
  name: string,
  nowMs: number,
  serial: Uint8Array,
): Promise<KeyAndCertificate> {
  const extensions = [
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
  ];
  // A common name holds 64 characters at most; clients read the alternative name.
  const subject = [{ name: 'commonName', value: name.slice(0, 64) }];
  return make({ subject, lifetimeMs: certificateLifetimeMs, extensions, issuer }, nowMs, serial);
}
