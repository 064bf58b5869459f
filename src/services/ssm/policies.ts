/**
 * Parameter policies: when a parameter expires, and when something is due to be said about it. The reconciler
 * `expirations` acts on `dueAt`. https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-policies.html
 */
import type { ParameterInlinePolicy } from '@aws-sdk/client-ssm';
import type { ParameterPolicy, ParameterRow } from '#model/ssm.ts';
import {
  incompatiblePolicies,
  invalidPolicyAttribute,
  invalidPolicyType,
  tooManyPolicies,
  validation,
} from './errors.ts';

const MAX_POLICIES = 10;
const unitMs: Readonly<Record<string, number>> = { Days: 86_400_000, Hours: 3_600_000 };
const types = ['Expiration', 'ExpirationNotification', 'NoChangeNotification'] as const;

export const isExpired = (row: ParameterRow, now: number): boolean =>
  row.policies.some((policy) => policy.type === 'Expiration' && policy.dueAt <= now);

interface RawPolicy {
  readonly Type?: unknown;
  readonly Version?: unknown;
  readonly Attributes?: Readonly<Record<string, unknown>>;
}

function readPolicies(text: string): readonly RawPolicy[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw validation('Policies must be a JSON array of policies.');
  }
  if (value !== null && typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0)
    return [];
  if (!Array.isArray(value) || value.some((one) => one === null || typeof one !== 'object')) {
    throw validation('Policies must be a JSON array of policies.');
  }
  return value;
}

function duration(policy: RawPolicy, member: string): number {
  const count = Number(policy.Attributes?.[member]);
  const unit = unitMs[String(policy.Attributes?.['Unit'])];
  if (!Number.isInteger(count) || count < 1 || unit === undefined) {
    throw invalidPolicyAttribute(
      `A policy attribute is not valid: ${policy.Type} needs ${member} and Unit (Days, Hours).`,
    );
  }
  return count * unit;
}

function timestampOf(policy: RawPolicy): number {
  const at = Date.parse(String(policy.Attributes?.['Timestamp']));
  if (Number.isNaN(at)) throw invalidPolicyAttribute('A policy attribute is not valid: Expiration needs Timestamp.');
  return at;
}

/** `changedAt`: when the value was written that they are about. */
export function parsePolicies(text: string, changedAt: number, now: number): ParameterPolicy[] {
  const raw = readPolicies(text);
  if (raw.length > MAX_POLICIES) throw tooManyPolicies();
  for (const { Type, Version } of raw) {
    if (!types.some((type) => type === Type)) throw invalidPolicyType(`The policy type is not supported: ${Type}`);
    if (Version !== '1.0') throw invalidPolicyAttribute(`The policy version is not supported: ${Version}`);
  }
  const expirations = raw.filter(({ Type }) => Type === 'Expiration');
  if (expirations.length > 1) throw incompatiblePolicies('A parameter can have one Expiration policy only.');
  const expiresAt = expirations[0] && timestampOf(expirations[0]);
  if (expiresAt !== undefined && expiresAt <= now) {
    throw invalidPolicyAttribute('A policy attribute is not valid: Timestamp must be in the future.');
  }
  return raw.map((policy) => {
    const type = policy.Type as ParameterPolicy['type'];
    if (type === 'Expiration') return { text: JSON.stringify(policy), type, dueAt: expiresAt! };
    if (type === 'NoChangeNotification') {
      return { text: JSON.stringify(policy), type, dueAt: changedAt + duration(policy, 'After') };
    }
    if (expiresAt === undefined) {
      throw incompatiblePolicies('An ExpirationNotification policy needs an Expiration policy.');
    }
    return { text: JSON.stringify(policy), type, dueAt: expiresAt - duration(policy, 'Before') };
  });
}

/** The same policies after a change of the value, which begins the time of a NoChangeNotification anew. */
export const renewPolicies = (
  policies: readonly ParameterPolicy[],
  changedAt: number,
  now: number,
): ParameterPolicy[] =>
  policies.length === 0 ? [] : parsePolicies(`[${policies.map(({ text }) => text).join(',')}]`, changedAt, now);

export const policyView = (policy: ParameterPolicy): ParameterInlinePolicy => ({
  PolicyText: policy.text,
  PolicyType: policy.type,
  PolicyStatus: policy.finishedAt === undefined ? 'Pending' : 'Finished',
});
