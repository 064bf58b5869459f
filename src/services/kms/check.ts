/** Checks that several operations share. */
import type { Tag } from '@aws-sdk/client-kms';
import { compilePolicy } from '#policy/policy.ts';
import { Constraints } from '#protocol/constraints.ts';
import { AuthError } from '#protocol/errors.ts';
import type { KmsContext } from './context.ts';
import { dryRunSucceeded, limitExceeded, malformedPolicy, tagError, unsupported } from './errors.ts';

const MAX_TAGS = 50;

export const aliasPattern = '^[a-zA-Z0-9:/_-]+$';

/** A request that only asks whether it would be allowed ends here. */
export function refuseDryRun(dryRun: boolean | undefined): void {
  if (dryRun) throw dryRunSucceeded();
}

export function refuseRecipient(recipient: unknown): void {
  if (recipient !== undefined) throw unsupported('Slipway has no enclaves: Recipient is not supported.');
}

export function mergeTags(
  tags: Readonly<Record<string, string>>,
  added: readonly Tag[] | undefined,
): Record<string, string> {
  const check = new Constraints();
  for (const [at, { TagKey, TagValue }] of (added ?? []).entries()) {
    check
      .text(`tags.${at + 1}.member.tagKey`, TagKey, { min: 1, max: 128 })
      .text(`tags.${at + 1}.member.tagValue`, TagValue, { max: 256 });
  }
  check.check();
  if (added?.some(({ TagKey }) => /^aws:/i.test(TagKey!))) {
    throw tagError('aws: prefixed tag key names are not allowed for external use.');
  }
  const merged = { ...tags, ...Object.fromEntries((added ?? []).map(({ TagKey, TagValue }) => [TagKey, TagValue])) };
  if (Object.keys(merged).length > MAX_TAGS) throw limitExceeded('The key has more than 50 tags.');
  return merged as Record<string, string>;
}

/**
 * A key policy that can be kept: well formed, and, unless the caller waives it, one that lets the caller change it
 * again.
 */
export function checkKeyPolicy(ctx: KmsContext, arn: string, policy: string, bypass: boolean | undefined): void {
  new Constraints().text('policy', policy, { min: 1, max: 32_768 }).check();
  const compiled = compilePolicy(policy, 'resource');
  if ('malformed' in compiled) throw malformedPolicy(compiled.malformed);
  if (bypass) return;
  const resourcePolicy = { name: `key policy of ${arn}`, document: policy };
  try {
    ctx.require({
      action: 'kms:PutKeyPolicy',
      resource: arn,
      resourcePolicy,
      needsResourcePolicy: true,
      keys: { 'kms:CallerAccount': ctx.principal.account },
    });
  } catch (cause) {
    if (!(cause instanceof AuthError)) throw cause;
    throw malformedPolicy('The new key policy will not allow you to update the key policy in the future.');
  }
}
