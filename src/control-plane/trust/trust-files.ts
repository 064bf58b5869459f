/**
 * What `slipway registry trust` leaves in the data directory, for the control plane to act on:
 *
 *   trust/ca.crt, trust/ca.key   our own authority, made once; the key is its owner's only
 *   trust/trust.json             which names of AWS's are ours on this machine; there while they are trusted
 *   trust/listener.json          written by the running control plane: whether it answers to them
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Clock } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';
import type { Registry } from '#model/ecr.ts';
import { type KeyAndCertificate, makeAuthority } from '../tls/certificates.ts';

export interface TrustRecord {
  readonly registries: readonly { readonly account: string; readonly region: string }[];
  /** `public.ecr.aws` is ours, too. */
  readonly public: boolean;
  readonly port: number;
  /** Directories outside of the data directory that were made for it. */
  readonly directories: readonly string[];
}

export interface ListenerState {
  readonly pid: number;
  /** Absent when it could not listen. */
  readonly port?: number;
  readonly code?: string;
  readonly message?: string;
}

export const publicHost = 'public.ecr.aws';
export const trustDirectory = (dataDir: string): string => path.join(dataDir, 'trust');
export const trustFile = (dataDir: string): string => path.join(trustDirectory(dataDir), 'trust.json');
const listenerFile = (dataDir: string): string => path.join(trustDirectory(dataDir), 'listener.json');
const authorityFile = (dataDir: string, end: 'crt' | 'key') => path.join(trustDirectory(dataDir), `ca.${end}`);

export const awsHost = ({ account, region }: Pick<Registry, 'account' | 'region'>): string =>
  `${account}.dkr.ecr.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;

export const trustedNames = (record: TrustRecord): string[] => [
  ...record.registries.map(awsHost),
  ...(record.public ? [publicHost] : []),
];

/** Written whole or not at all, and belonging to whom the data directory belongs: it may be root that writes. */
function write(dataDir: string, file: string, text: string, mode: number): void {
  const { uid, gid } = statSync(dataDir);
  const isRoot = process.getuid?.() === 0;
  if (!existsSync(trustDirectory(dataDir))) {
    mkdirSync(trustDirectory(dataDir), { mode: 0o700 });
    if (isRoot) chownSync(trustDirectory(dataDir), uid, gid);
  }
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text, { mode });
  chmodSync(draft, mode);
  if (isRoot) chownSync(draft, uid, gid);
  renameSync(draft, file);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function readJson<T>(file: string): T | undefined {
  const text = read(file);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

export const readTrust = (dataDir: string): TrustRecord | undefined => readJson(trustFile(dataDir));
export const writeTrust = (dataDir: string, record: TrustRecord): void =>
  write(dataDir, trustFile(dataDir), `${JSON.stringify(record, null, 2)}\n`, 0o644);
export const dropTrust = (dataDir: string): void => rmSync(trustFile(dataDir), { force: true });

export const readListenerState = (dataDir: string): ListenerState | undefined => readJson(listenerFile(dataDir));
export const writeListenerState = (dataDir: string, state: ListenerState): void =>
  write(dataDir, listenerFile(dataDir), `${JSON.stringify(state)}\n`, 0o644);
export const dropListenerState = (dataDir: string): void => rmSync(listenerFile(dataDir), { force: true });

export function readAuthority(dataDir: string): KeyAndCertificate | undefined {
  const cert = read(authorityFile(dataDir, 'crt'));
  const key = read(authorityFile(dataDir, 'key'));
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

/** The one that is there, else a new one. */
export async function ensureAuthority(dataDir: string, clock: Clock, random: Random): Promise<KeyAndCertificate> {
  const found = readAuthority(dataDir);
  if (found) return found;
  const serial = Uint8Array.from(random.bytes(16));
  const name = `Slipway registry authority ${Buffer.from(serial).toString('hex', 0, 4)}`;
  const made = await makeAuthority(name, clock.now(), serial);
  write(dataDir, authorityFile(dataDir, 'key'), made.key, 0o600);
  write(dataDir, authorityFile(dataDir, 'crt'), made.cert, 0o644);
  return made;
}
