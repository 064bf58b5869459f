/** What `slipway up` was told about other registries: upstreams of the pull-through cache, targets of replication. */
import { readFileSync } from 'node:fs';
import { upstreamRegistries } from '#model/ecr-registry.ts';
import type { OutboundSettings } from '#registry/outbound.ts';
import type { ReplicationTargets } from '#registry/remote-replication.ts';
import { ConfigError, parseWhole } from './config.ts';

export interface OutboundOptions {
  /** `NAME=URL`, by the API's name of an upstream or by its host. */
  readonly upstream?: readonly string[];
  /** File with certificates in PEM. */
  readonly upstreamCa?: string;
  readonly upstreamRecheckHours?: string;
  /** `REGISTRY=URL`, by account or account/region. */
  readonly replicationTarget?: readonly string[];
}

export interface OutboundConfig {
  readonly registryOutbound?: Partial<OutboundSettings>;
  readonly replicationTargets?: ReplicationTargets;
}

const host = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/;
const registry = /^\d{12}(?:\/[a-z]{2}(?:-[a-z]+)+-\d)?$/;

/** `KEY=URL`, split at the first sign; what may stand in the path is replaced before the URL is looked at. */
function parsePair(option: string, text: string, isKey: (key: string) => boolean): readonly [string, string] {
  const at = text.indexOf('=');
  const [key, value] = [text.slice(0, Math.max(0, at)), text.slice(at + 1)];
  const url = URL.parse(value.replaceAll('{account}', '123456789012').replaceAll('{region}', 'us-east-1'));
  const isPlain = url && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '';
  if (!isKey(key) || !isPlain)
    throw new ConfigError(`${option} "${text.replace(/\/\/[^/@]*@/, '//…@')}" cannot be used`);
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(
      `${option} takes no credentials: they belong into a secret (see docs/registry-replication.md)`,
    );
  }
  return [key, value.replace(/\/$/, '')];
}

function readCa(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`--upstream-ca cannot be read: ${(error as Error).message}`);
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new ConfigError(`${file} holds no certificate in PEM`);
  return text;
}

export function parseOutbound(options: OutboundOptions): OutboundConfig {
  const { upstream = [], replicationTarget = [], upstreamCa } = options;
  const isUpstream = (key: string) =>
    upstreamRegistries.some((name) => name === key) || (host.test(key) && key.includes('.'));
  const upstreams = upstream.map((text) => parsePair('--upstream', text, isUpstream));
  const targets = replicationTarget.map((text) => parsePair('--replication-target', text, (key) => registry.test(key)));
  const hours = parseWhole('--upstream-recheck-hours', options.upstreamRecheckHours, 100_000, 0);
  const outbound: Partial<OutboundSettings> = {
    ...(upstreams.length > 0 && { upstreams: Object.fromEntries(upstreams) }),
    ...(upstreamCa !== undefined && { ca: readCa(upstreamCa) }),
    ...(hours !== undefined && { recheckMs: hours * 3_600_000 }),
  };
  return {
    ...(Object.keys(outbound).length > 0 && { registryOutbound: outbound }),
    ...(targets.length > 0 && { replicationTargets: Object.fromEntries(targets) }),
  };
}
