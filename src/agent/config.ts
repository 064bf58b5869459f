import type { AgentCredentials, CredentialProvider } from './link/signing.ts';
import { type ImagePullBehavior, imagePullBehaviors } from './task-engine/image-pulls.ts';

/**
 * The agent's settings. From the environment they have the names of ECS's own agent where it has them; whoever starts
 * the agent in code passes the object.
 */
export interface AgentConfig {
  /** Name or ARN. */
  readonly cluster: string;
  /** No cluster was named: `default` may be created. */
  readonly mayCreateCluster: boolean;
  /** Base URL of the control plane, e.g. `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  readonly region: string;
  /** The agent's own: fixed ones, or those of the instance's role, which are renewed. */
  readonly credentials: AgentCredentials | CredentialProvider;
  /** Of a machine that is an instance. */
  readonly identityDocument?: () => Promise<string>;
  readonly dataDirectory: string;
  /** `unix:///var/run/docker.sock` or `tcp://host:port`. */
  readonly dockerHost: string;
  readonly dockerCertPath?: string;
  readonly instanceAttributes: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly reservedMemoryMiB: number;
  readonly reservedPorts: readonly number[];
  readonly reservedPortsUdp: readonly number[];
  readonly loggingDrivers: readonly string[];
  readonly imagePullBehavior: ImagePullBehavior;
  readonly cleanupWaitMs: number;
  readonly stopTimeoutMs: number;
  readonly startTimeoutMs: number;
  readonly createTimeoutMs: number;
  /** Who asked for credentials; default: `audit.log` in the data directory. */
  readonly auditLogFile?: string;
  /** Whether containers reach the control plane through this agent, and are told so; by default they do. */
  readonly containerEndpoint?: boolean;
  /** Task cgroups: `true` insists, `false` never, `undefined` when they can be made. */
  readonly taskLimits?: boolean;
}

export const providerOf = ({ credentials }: Pick<AgentConfig, 'credentials'>): CredentialProvider =>
  typeof credentials === 'function' ? credentials : async () => credentials;

/** A setting that cannot be used; the message names it. */
export class ConfigError extends Error {}

export type AgentDefaults = Pick<AgentConfig, 'endpoint' | 'region' | 'credentials' | 'dataDirectory'>;

/** A configuration with ECS's defaults around what has none. */
export function agentConfig(given: AgentDefaults & Partial<AgentConfig>): AgentConfig {
  return {
    cluster: 'default',
    mayCreateCluster: given.cluster === undefined,
    dockerHost: 'unix:///var/run/docker.sock',
    instanceAttributes: {},
    tags: {},
    reservedMemoryMiB: 0,
    reservedPorts: [22, 2375, 2376, 51678, 51679],
    reservedPortsUdp: [],
    loggingDrivers: ['json-file', 'none', 'awslogs'],
    imagePullBehavior: 'default',
    cleanupWaitMs: 3 * 3_600_000,
    stopTimeoutMs: 30_000,
    startTimeoutMs: 180_000,
    createTimeoutMs: 240_000,
    ...given,
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Go's durations: `3h`, `1m30s`, `500ms`. */
export function parseDuration(name: string, text: string, leastMs = 0): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (!parts.length || parts.map(([part]) => part).join('') !== text)
    throw new ConfigError(`${name}: ${text} is not a duration`);
  const total = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * units[unit!]!, 0);
  if (total < leastMs) throw new ConfigError(`${name}: ${text} is less than ${leastMs} ms`);
  return total;
}

function parseJson<T>(name: string, text: string, check: (value: unknown) => boolean, shape: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`${name}: not JSON`, { cause: error });
  }
  if (!check(value)) throw new ConfigError(`${name}: must be ${shape}`);
  return value as T;
}

const isStringMap = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((item) => typeof item === 'string');
const isPortList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => Number.isInteger(item) && item > 0 && item < 65_536);
const isStringList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

const optional = <T>(text: string | undefined, read: (text: string) => T): T | undefined =>
  text === undefined || text === '' ? undefined : read(text);

function parseBoolean(name: string, text: string): boolean {
  if (/^(true|1)$/i.test(text)) return true;
  if (/^(false|0)$/i.test(text)) return false;
  throw new ConfigError(`${name}: ${text} is neither true nor false`);
}

function parsePullBehavior(text: string): ImagePullBehavior {
  const found = imagePullBehaviors.find((behavior) => behavior === text);
  if (!found) throw new ConfigError(`ECS_IMAGE_PULL_BEHAVIOR: ${text} is none of ${imagePullBehaviors.join(', ')}`);
  return found;
}

function parseWhole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new ConfigError(`${name}: ${text} is not a whole number`);
  return value;
}

/** `http://` and `https://` as they are; without a scheme `https://`, as ECS's agent reads it. */
const withScheme = (endpoint: string): string => (/^https?:\/\//.test(endpoint) ? endpoint : `https://${endpoint}`);

export function readCredentials(env: Environment): AgentCredentials {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env;
  if (!accessKeyId || !secretAccessKey)
    throw new ConfigError('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set');
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

const settings = (env: Environment): Partial<AgentConfig> => ({
  cluster: optional(env['ECS_CLUSTER'], String),
  dockerHost: optional(env['DOCKER_HOST'], String),
  dockerCertPath: optional(env['DOCKER_CERT_PATH'], String),
  instanceAttributes: optional(env['ECS_INSTANCE_ATTRIBUTES'], (text) =>
    parseJson<Record<string, string>>('ECS_INSTANCE_ATTRIBUTES', text, isStringMap, 'a JSON object of strings'),
  ),
  tags: optional(env['ECS_CONTAINER_INSTANCE_TAGS'], (text) =>
    parseJson<Record<string, string>>('ECS_CONTAINER_INSTANCE_TAGS', text, isStringMap, 'a JSON object of strings'),
  ),
  reservedMemoryMiB: optional(env['ECS_RESERVED_MEMORY'], (text) => parseWhole('ECS_RESERVED_MEMORY', text)),
  reservedPorts: optional(env['ECS_RESERVED_PORTS'], (text) =>
    parseJson<number[]>('ECS_RESERVED_PORTS', text, isPortList, 'a JSON array of ports'),
  ),
  reservedPortsUdp: optional(env['ECS_RESERVED_PORTS_UDP'], (text) =>
    parseJson<number[]>('ECS_RESERVED_PORTS_UDP', text, isPortList, 'a JSON array of ports'),
  ),
  loggingDrivers: optional(env['ECS_AVAILABLE_LOGGING_DRIVERS'], (text) =>
    parseJson<string[]>('ECS_AVAILABLE_LOGGING_DRIVERS', text, isStringList, 'a JSON array of strings'),
  ),
  imagePullBehavior: optional(env['ECS_IMAGE_PULL_BEHAVIOR'], parsePullBehavior),
  cleanupWaitMs: optional(env['ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION'], (text) =>
    parseDuration('ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION', text, 1_000),
  ),
  stopTimeoutMs: optional(env['ECS_CONTAINER_STOP_TIMEOUT'], (text) =>
    parseDuration('ECS_CONTAINER_STOP_TIMEOUT', text),
  ),
  startTimeoutMs: optional(env['ECS_CONTAINER_START_TIMEOUT'], (text) =>
    parseDuration('ECS_CONTAINER_START_TIMEOUT', text, 45_000),
  ),
  createTimeoutMs: optional(env['ECS_CONTAINER_CREATE_TIMEOUT'], (text) =>
    parseDuration('ECS_CONTAINER_CREATE_TIMEOUT', text, 60_000),
  ),
  auditLogFile: optional(env['ECS_AUDIT_LOGFILE'], String),
  taskLimits: optional(env['ECS_ENABLE_TASK_CPU_MEM_LIMIT'], (text) =>
    parseBoolean('ECS_ENABLE_TASK_CPU_MEM_LIMIT', text),
  ),
});

/** Reads the environment; `given` (flags) goes first. Throws `ConfigError`. */
export function agentConfigFromEnvironment(env: Environment, given: Partial<AgentConfig> = {}): AgentConfig {
  const endpoint = given.endpoint ?? optional(env['ECS_BACKEND_HOST'], withScheme);
  if (!endpoint) throw new ConfigError('ECS_BACKEND_HOST must name the control plane');
  const present = Object.fromEntries(
    Object.entries({ ...settings(env), ...given }).filter(([, value]) => value !== undefined),
  );
  return agentConfig({
    endpoint,
    region: env['AWS_DEFAULT_REGION'] || env['AWS_REGION'] || 'us-east-1',
    credentials: given.credentials ?? readCredentials(env),
    dataDirectory: optional(env['ECS_DATADIR'], String) ?? '/var/lib/slipway/agent',
    ...present,
  });
}
