/** What `slipway up` was asked for, checked once: everything after this may rely on it. */
import { homedir } from 'node:os';
import path from 'node:path';
import { type ScannerChoice, scannerChoices } from '#model/image-scan.ts';
import type { Storage } from '#registry/blob-store/storage.ts';
import type { GarbageSettings } from '#registry/garbage/collector.ts';
import type { OutboundSettings } from '#registry/outbound.ts';
import type { ReplicationTargets } from '#registry/remote-replication.ts';
import { type OutboundOptions, parseOutbound } from './registry-outbound.ts';
import { parseStorage, type StorageOptions } from './registry-storage.ts';
import type { OwnTls } from './tls/own-certificate.ts';

export const defaultPort = 4566;
const defaultTlsPort = 8443;
export const defaultHost = '127.0.0.1';
export const defaultRegion = 'us-east-1';

/** An option or environment variable whose value cannot be used; the message is for the person who gave it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export interface UpConfig {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Absolute. */
  readonly dataDir: string;
  readonly auth: 'strict' | 'permissive';
  readonly agent: boolean;
  /** Containers of this machine reach the APIs through the agent. */
  readonly containerEndpoint: boolean;
  readonly sample: boolean;
  readonly region: string;
  /** What differs from the defaults in events/history. */
  readonly historyRetention: { readonly maxAgeMs?: number; readonly maxBytes?: number };
  /** `aws`, `off` or a file's name; see quotas.ts. */
  readonly quotas?: string;
  /** A push makes the repository that is missing. */
  readonly registryCreateOnPush: boolean;
  readonly registryStorage: Storage;
  readonly registryGarbage: Partial<GarbageSettings>;
  /** What is said about other registries. */
  readonly registryOutbound?: Partial<OutboundSettings>;
  readonly replicationTargets?: ReplicationTargets;
  /** What scans images. */
  readonly scanner: ScannerChoice;
  /** A listener with a certificate of the operator's. */
  readonly tls?: OwnTls;
  /** What stands before the names of repositories in answers. */
  readonly registryDomain?: string;
  /** File that says whose signatures images need. */
  readonly signaturePolicy?: string;
  /** What differs from the defaults in reconcilers/settings. */
  readonly schedulers: { readonly instanceLossMs?: number; readonly pendingTimeoutMs?: number };
}

export interface UpOptions extends StorageOptions, OutboundOptions {
  readonly host?: string;
  readonly port?: string;
  readonly data?: string;
  readonly auth?: string;
  readonly agent?: boolean;
  readonly containerEndpoint?: boolean;
  readonly sample?: boolean;
  readonly region?: string;
  readonly historyDays?: string;
  readonly historyMib?: string;
  readonly instanceLossMinutes?: string;
  readonly pendingTimeoutMinutes?: string;
  readonly quotas?: string;
  readonly registryCreateOnPush?: boolean;
  readonly registryGcGraceHours?: string;
  readonly scanner?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsPort?: string;
  readonly registryDomain?: string;
  readonly signaturePolicy?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `--data`, then SLIPWAY_DATA, then ~/.slipway; absolute. */
export function dataDirectory(option: string | undefined, env: Environment = process.env): string {
  const chosen = option ?? env['SLIPWAY_DATA'] ?? path.join(homedir(), '.slipway');
  if (chosen.trim() === '') throw new ConfigError('--data is empty');
  return path.resolve(chosen.startsWith('~/') ? path.join(homedir(), chosen.slice(2)) : chosen);
}

/** Addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function parsePort(text: string, option = '--port'): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new ConfigError(`${option} must be a number from 0 to 65535, not "${text}"`);
  return port;
}

/** A whole number from `least` to `most`, or undefined when none was given; throws ConfigError. */
export function parseWhole(option: string, text: string | undefined, most: number, least = 1): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new ConfigError(`${option} must be a whole number from ${least} to ${most}, not "${text}"`);
}

function parseRetention(options: UpOptions): UpConfig['historyRetention'] {
  const days = parseWhole('--history-days', options.historyDays, 36_500);
  const mib = parseWhole('--history-mib', options.historyMib, 100_000_000);
  return {
    ...(days !== undefined && { maxAgeMs: days * 24 * 3_600_000 }),
    ...(mib !== undefined && { maxBytes: mib * 2 ** 20 }),
  };
}

function parseSchedulers(options: UpOptions): UpConfig['schedulers'] {
  const loss = parseWhole('--instance-loss-minutes', options.instanceLossMinutes, 100_000, 0);
  const pending = parseWhole('--pending-timeout-minutes', options.pendingTimeoutMinutes, 100_000, 0);
  return {
    ...(loss !== undefined && { instanceLossMs: loss * 60_000 }),
    ...(pending !== undefined && { pendingTimeoutMs: pending * 60_000 }),
  };
}

function parseScanner(text = 'auto'): ScannerChoice {
  const found = scannerChoices.find((one) => one === text);
  if (!found) throw new ConfigError(`--scanner must be one of ${scannerChoices.join(', ')}, not "${text}"`);
  return found;
}

function parseTls({ tlsCert, tlsKey, tlsPort }: UpOptions): OwnTls | undefined {
  if (tlsCert === undefined && tlsKey === undefined && tlsPort === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new ConfigError('TLS needs both a certificate and its key: --tls-cert FILE --tls-key FILE');
  const port = parsePort(tlsPort ?? String(defaultTlsPort), '--tls-port');
  return { certFile: path.resolve(tlsCert), keyFile: path.resolve(tlsKey), port };
}

const domainName =
  /^(?=.{1,253}(?::|$))[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+(?::\d{1,5})?$/;

function parseRegistryNames({ registryDomain, signaturePolicy }: UpOptions) {
  if (registryDomain !== undefined && !domainName.test(registryDomain)) {
    throw new ConfigError(`--registry-domain must be a name such as registry.example.org, not "${registryDomain}"`);
  }
  return {
    ...(registryDomain !== undefined && { registryDomain }),
    ...(signaturePolicy !== undefined && { signaturePolicy: path.resolve(signaturePolicy) }),
  };
}

function parseGarbage({ registryGcGraceHours }: UpOptions): UpConfig['registryGarbage'] {
  const hours = parseWhole('--registry-gc-grace-hours', registryGcGraceHours, 100_000);
  return hours === undefined ? {} : { graceMs: hours * 3_600_000 };
}

export function parseUpConfig(options: UpOptions, env: Environment = process.env): UpConfig {
  const host = options.host ?? defaultHost;
  if (host === '' || /[\s/]/.test(host)) throw new ConfigError(`--host must be an address or a name, not "${host}"`);
  const auth = options.auth ?? 'strict';
  if (auth !== 'strict' && auth !== 'permissive')
    throw new ConfigError(`--auth must be strict or permissive, not "${auth}"`);
  if (auth === 'permissive' && !isLoopback(host)) {
    throw new ConfigError(
      `--auth permissive lets anyone in who can reach the port, so it works only on a loopback address, not on ${host}`,
    );
  }
  const region = options.region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? defaultRegion;
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) throw new ConfigError(`"${region}" is not the name of an AWS region`);
  const tls = parseTls(options);
  return {
    host,
    port: parsePort(options.port ?? String(defaultPort)),
    dataDir: dataDirectory(options.data, env),
    auth,
    agent: options.agent ?? true,
    containerEndpoint: options.containerEndpoint ?? true,
    sample: (options.sample ?? true) && (options.agent ?? true),
    region,
    historyRetention: parseRetention(options),
    schedulers: parseSchedulers(options),
    registryCreateOnPush: options.registryCreateOnPush ?? false,
    registryStorage: parseStorage(options, env),
    registryGarbage: parseGarbage(options),
    scanner: parseScanner(options.scanner),
    ...(tls && { tls }),
    ...parseRegistryNames(options),
    ...parseOutbound(options),
    ...(options.quotas !== undefined && { quotas: options.quotas }),
  };
}
