/** What PolicyExclusionList leaves out of a simulation. */
import type { PolicyIdentifier } from '@aws-sdk/client-iam';
import { invalidInput } from '../errors.ts';
import type { Source } from './sources.ts';

function isMeant(identifier: PolicyIdentifier, source: Source): boolean {
  if (identifier.PolicyArn !== undefined) return source.arn === identifier.PolicyArn;
  const inline = identifier.InlinePolicyIdentifier;
  if (inline !== undefined) {
    return (
      source.inline?.policyName === inline.PolicyName &&
      source.inline?.name === inline.AttachmentName &&
      source.inline?.of === inline.AttachmentType?.toLowerCase()
    );
  }
  switch (identifier.PolicyType) {
    case 'inline':
      return source.inline !== undefined;
    case 'permission-boundary':
      return source.type === 'Permissions Boundary Policy';
    case 'aws-managed':
      return source.type === 'IAM Policy' && (source.arn?.startsWith('arn:aws:iam::aws:') ?? false);
    case 'user-managed':
      return source.type === 'IAM Policy' && source.arn !== undefined && !source.arn.startsWith('arn:aws:iam::aws:');
    default:
      return false;
  }
}

export function excluding<S extends Source | undefined>(
  sources: readonly S[],
  identifiers: readonly PolicyIdentifier[] | undefined,
): S[] {
  for (const { PolicyArn: arn } of identifiers ?? [])
    if (arn !== undefined && !/^arn:aws[a-z-]*:[a-z]+::[^:*]+:policy\/\S+$/.test(arn))
      throw invalidInput(`ARN ${arn} is not valid.`);
  return sources.filter((source) => source && !(identifiers ?? []).some((one) => isMeant(one, source)));
}
