/**
 * `--quotas aws|off|FILE.json`: which of AWS's quotas and throttles hold here. The file says it service by service:
 *
 *     { "ecs": { "quotas": "aws" | "off" | { "services-per-cluster": 100 },
 *                "throttles": "aws" | "off" | { "cluster-read": { "burst": 50, "perSecond": 20 } } } }
 *
 * What it does not name is off. docs/quotas.md lists every name.
 */
import { readFileSync } from 'node:fs';
import type { ThrottleBucket } from '#protocol/throttle.ts';
import { ecrQuotas, ecrThrottles } from '#services/ecr/quotas.ts';
import { ecsQuotas, ecsThrottles } from '#services/ecs/quotas.ts';
import { ConfigError } from './config.ts';

export interface ServiceQuotas {
  readonly limits: Readonly<Record<string, number>>;
  readonly throttles: readonly ThrottleBucket[];
}

/** By service. */
export type QuotaSettings = Readonly<Record<string, ServiceQuotas>>;

interface Catalog {
  readonly quotas: Readonly<Record<string, { readonly limit: number }>>;
  readonly throttles: readonly ThrottleBucket[];
}

export const quotaCatalog: Readonly<Record<string, Catalog>> = {
  ecs: { quotas: ecsQuotas, throttles: ecsThrottles },
  ecr: { quotas: ecrQuotas, throttles: ecrThrottles },
};

const off: ServiceQuotas = { limits: {}, throttles: [] };
export const noQuotas: QuotaSettings = {};

const awsOf = ({ quotas, throttles }: Catalog): ServiceQuotas => ({
  limits: Object.fromEntries(Object.entries(quotas).map(([name, { limit }]) => [name, limit])),
  throttles,
});

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isPositive = (value: unknown): value is number => typeof value === 'number' && value > 0 && value < 2 ** 53;
const oneOf = (names: Iterable<string>) => [...names].join(', ');

function refuse(file: string, why: string): never {
  throw new ConfigError(`--quotas ${file}: ${why}`);
}

function limitsOf(file: string, service: string, catalog: Catalog, given: unknown): ServiceQuotas['limits'] {
  if (given === undefined || given === 'off') return off.limits;
  if (given === 'aws') return awsOf(catalog).limits;
  if (!isObject(given)) refuse(file, `${service}.quotas must be "aws", "off" or an object.`);
  for (const [name, limit] of Object.entries(given)) {
    if (!Object.hasOwn(catalog.quotas, name)) {
      refuse(file, `${service} has no quota "${name}". It has: ${oneOf(Object.keys(catalog.quotas))}.`);
    }
    if (!Number.isInteger(limit) || (limit as number) < 0) {
      refuse(file, `${service}.quotas.${name} must be a whole number from 0.`);
    }
  }
  return given as ServiceQuotas['limits'];
}

function throttlesOf(file: string, service: string, catalog: Catalog, given: unknown): ServiceQuotas['throttles'] {
  if (given === undefined || given === 'off') return off.throttles;
  if (given === 'aws') return catalog.throttles;
  if (!isObject(given)) refuse(file, `${service}.throttles must be "aws", "off" or an object.`);
  return Object.entries(given).map(([name, rate]) => {
    const bucket = catalog.throttles.find((one) => one.name === name);
    if (!bucket) {
      const names = oneOf(catalog.throttles.map((one) => one.name));
      refuse(file, `${service} has no throttle "${name}". It has: ${names}.`);
    }
    const { burst = bucket.burst, perSecond = bucket.perSecond } = isObject(rate) ? rate : {};
    if (!isObject(rate) || !isPositive(burst) || !isPositive(perSecond) || burst < 1) {
      refuse(file, `${service}.throttles.${name} must be { "burst": from 1, "perSecond": above 0 }.`);
    }
    return { ...bucket, burst, perSecond };
  });
}

function readSettings(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return refuse(file, (error as Error).message);
  }
}

/** What `--quotas` says; ConfigError when it cannot be used. */
export function parseQuotas(option: string | undefined): QuotaSettings {
  if (option === undefined || option === 'off') return noQuotas;
  if (option === 'aws')
    return Object.fromEntries(Object.entries(quotaCatalog).map(([name, one]) => [name, awsOf(one)]));
  const given = readSettings(option);
  if (!isObject(given)) refuse(option, 'it must be an object of services.');
  const settings: Record<string, ServiceQuotas> = {};
  for (const [service, said] of Object.entries(given)) {
    const catalog = Object.hasOwn(quotaCatalog, service) ? quotaCatalog[service] : undefined;
    if (!catalog)
      refuse(option, `there is nothing to set for "${service}". Services: ${oneOf(Object.keys(quotaCatalog))}.`);
    if (!isObject(said)) refuse(option, `${service} must be an object.`);
    const unknown = Object.keys(said).find((name) => name !== 'quotas' && name !== 'throttles');
    if (unknown !== undefined) refuse(option, `${service}.${unknown} is not known: say quotas or throttles.`);
    settings[service] = {
      limits: limitsOf(option, service, catalog, said['quotas']),
      throttles: throttlesOf(option, service, catalog, said['throttles']),
    };
  }
  return settings;
}
