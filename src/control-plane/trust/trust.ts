/**
 * `slipway registry trust` and `untrust`: names of AWS's registries lead to this Slipway on this machine, and no longer.
 * Needs root. Each may be done again and again; the running control plane sees the record and begins or ends to listen.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { Clock } from '#lib/clock.ts';
import type { Random } from '#lib/random.ts';
import { ConfigError } from '../config.ts';
import { isLocked, readRunRecord } from '../up/data-directory.ts';
import {
  addCertificates,
  addHosts,
  hostsOwner,
  otherHosts,
  removeCertificates,
  removeHosts,
  type SystemFiles,
} from './system-files.ts';
import {
  dropListenerState,
  dropTrust,
  ensureAuthority,
  type ListenerState,
  readListenerState,
  readTrust,
  type TrustRecord,
  trustedNames,
  writeTrust,
} from './trust-files.ts';

export interface TrustDeps {
  readonly dataDir: string;
  readonly files: SystemFiles;
  readonly clock: Clock;
  readonly random: Random;
}

const listenerPatienceMs = 10_000;
const lookEveryMs = 100;

function refuseOthers({ dataDir, files }: TrustDeps, names: readonly string[]): void {
  const owner = hostsOwner(files);
  if (owner !== undefined && owner !== dataDir) {
    throw new ConfigError(
      `the Slipway of ${owner} has these names on this machine. Take them from it first: slipway registry untrust --data ${owner}`,
    );
  }
  const [taken] = otherHosts(files, names);
  if (taken) throw new ConfigError(`${files.hostsFile} has a line for ${taken} already. Remove that line first.`);
}

/** Names of an earlier `trust` that are not asked for again are given up. */
export async function trust(deps: TrustDeps, wanted: Omit<TrustRecord, 'directories'>): Promise<readonly string[]> {
  const { dataDir, files, clock, random } = deps;
  const names = trustedNames({ ...wanted, directories: [] });
  refuseOthers(deps, names);
  const before = readTrust(dataDir)?.directories ?? [];
  const { cert } = await ensureAuthority(dataDir, clock, random);
  const directories = [...before, ...addCertificates(files, names, cert)];
  dropListenerState(dataDir);
  writeTrust(dataDir, { ...wanted, directories });
  removeCertificates(files, directories, names);
  addHosts(files, dataDir, names);
  return names;
}

/** False when there was nothing to undo. */
export function untrust({ dataDir, files }: Pick<TrustDeps, 'dataDir' | 'files'>): boolean {
  const record = readTrust(dataDir);
  const isOurs = hostsOwner(files) === dataDir;
  if (!record && !isOurs) return false;
  if (isOurs) removeHosts(files);
  removeCertificates(files, record?.directories ?? []);
  dropTrust(dataDir);
  return true;
}

/** What the running control plane says of its listener; undefined when none runs. */
export async function awaitListener(dataDir: string, clock: Clock): Promise<ListenerState | 'silent' | undefined> {
  if (!isLocked(dataDir)) return undefined;
  const deadline = clock.now() + listenerPatienceMs;
  for (;;) {
    const state = readListenerState(dataDir);
    if (state && state.pid === readRunRecord(dataDir)?.pid) return state;
    if (clock.now() > deadline) return 'silent';
    await clock.sleep(lookEveryMs);
  }
}

const capNetBindService = 1n << 10n;

/** Whether the process may listen at the port; true when that cannot be found out. */
export function mayListen(pid: number, port: number): boolean {
  const least = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
  if (!existsSync(least) || port >= Number(readFileSync(least, 'utf8'))) return true;
  try {
    const [, effective] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return effective === undefined || (BigInt(`0x${effective}`) & capNetBindService) !== 0n;
  } catch {
    return true;
  }
}

/** What to do when the control plane runs as a user who may not use low ports. */
export const portAdvice = (dataDir: string, port: number): string =>
  [
    `the control plane does not run as root and may not listen at port ${port}. Either let users have it:`,
    `    sudo sysctl -w net.ipv4.ip_unprivileged_port_start=${port}     (for good: a file in /etc/sysctl.d)`,
    'or let it listen higher and lead the connections there:',
    `    sudo slipway registry trust --registry-tls-port 8443 --data ${dataDir}`,
    `    sudo iptables -t nat -A OUTPUT -p tcp -d 127.0.0.1 --dport ${port} -j REDIRECT --to-ports 8443`,
  ].join('\n');
