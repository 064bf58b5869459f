/** Session policies that a request passes, checked; and how much of the room for them they take with the tags. */
import { deflateRawSync } from 'node:zlib';
import type { PolicyDescriptorType } from '@aws-sdk/client-sts';
import { managedPolicyOf } from '#auth/principals.ts';
import { compilePolicy } from '#policy/policy.ts';
import { Constraints } from '#protocol/constraints.ts';
import type { View } from '#store/store.ts';
import { malformedPolicy, packedPolicyTooLarge, validationError } from './errors.ts';
import type { SessionTags } from './session-tags.ts';

export interface SessionPolicies {
  readonly policies?: readonly string[];
  readonly policyArns?: readonly string[];
}

interface PolicyInput {
  readonly Policy?: string | undefined;
  readonly PolicyArns?: readonly PolicyDescriptorType[] | undefined;
}

const maxPolicyArns = 10;
const maxPlainText = 2_048;
const managedArn = /^arn:aws:iam::(aws|\d{12}):policy\/.+$/;

/** Managed policies must be the account's or AWS's. `account` is that of the role or user. */
export function sessionPolicies(view: View, account: string, input: PolicyInput): SessionPolicies {
  const arns = (input.PolicyArns ?? []).map((one) => one.arn ?? '');
  new Constraints()
    .text('policy', input.Policy, { min: 1, max: maxPlainText })
    .size('policyArns', arns.length, { max: maxPolicyArns })
    .check('ValidationError');
  for (const arn of arns) {
    const owner = managedArn.exec(arn)?.[1];
    if (owner === undefined) throw validationError(`ARN ${arn} is not valid.`);
    if ((owner !== 'aws' && owner !== account) || !managedPolicyOf(view, arn)) {
      throw validationError(`Policy ${arn} does not exist or is not attachable.`);
    }
  }
  if (input.Policy !== undefined) {
    const compiled = compilePolicy(input.Policy, 'session');
    if ('malformed' in compiled) throw malformedPolicy(compiled.malformed);
  }
  return {
    ...(input.Policy !== undefined && { policies: [input.Policy] }),
    ...(arns.length > 0 && { policyArns: arns }),
  };
}

/** AWS's own packing is not published. This is how many bytes of deflated text count as all the room that there is. */
const allottedBytes = 1_024;

/**
 * PackedPolicySize: per cent of the room that policies and tags take together; undefined when there are none. Throws
 * PackedPolicyTooLarge beyond it.
 */
export function packedPolicySize({ policies, policyArns }: SessionPolicies, { tags }: SessionTags): number | undefined {
  const hasTags = Object.keys(tags).length > 0;
  const hasPolicies = policies !== undefined || policyArns !== undefined;
  if (!hasTags && !hasPolicies) return undefined;
  const minified = policies?.map((text) => JSON.stringify(JSON.parse(text))) ?? [];
  const text = [...minified, ...(policyArns ?? []), ...Object.entries(tags).flat()].join('\n');
  const percent = Math.max(1, Math.ceil((100 * deflateRawSync(text, { level: 9 }).length) / allottedBytes));
  if (percent > 100) {
    throw packedPolicyTooLarge(
      hasPolicies
        ? `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`
        : `Packed size of session tags consumes ${percent}% of allotted space.`,
    );
  }
  return percent;
}
