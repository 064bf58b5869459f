/** Resource policies of parameters, by which one is shared with other accounts. */
import { createHash } from 'node:crypto';
import type { ParameterRow } from '#model/ssm.ts';
import type { SsmContext } from './context.ts';
import { invalidResourcePolicy, resourceNotFound } from './errors.ts';
import { parseName } from './names.ts';
import { findNamed } from './parameters.ts';

/** Tells whether a policy has changed since it was read. */
export const policyHash = (policy: NonNullable<ParameterRow['resourcePolicy']>): string =>
  createHash('sha256').update(policy.document).digest('hex');

export function resolvePolicyTarget(ctx: SsmContext, arn: string): ParameterRow {
  const named = arn.startsWith('arn:') ? parseName(ctx, arn) : undefined;
  if (!named) throw invalidResourcePolicy('ResourceArn must be the ARN of a parameter.');
  const row = named.selector === undefined ? findNamed(ctx, named) : undefined;
  if (!row) throw resourceNotFound(arn);
  return row;
}
