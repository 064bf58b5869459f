/** What a policy document must be before it is kept. Sizes do not count white space, as at AWS. */
import { compilePolicy } from '#policy/policy.ts';
import type { View } from '#store/store.ts';
import { malformedPolicy, quotaExceeded } from './errors.ts';
import { checkTrustedPrincipals } from './trusted-principals.ts';

const managedPolicyCharacters = 6144;
const trustPolicyCharacters = 2048;

export const sizeOf = (document: string): number => document.replace(/[\s\u200b]/g, '').length;

/** Of an inline or managed policy. */
export function checkPolicyDocument(document: string, where: 'inline' | 'managed'): void {
  const policy = compilePolicy(document, 'identity');
  if ('malformed' in policy) throw malformedPolicy(policy.malformed);
  if (where === 'managed' && sizeOf(document) > managedPolicyCharacters)
    throw quotaExceeded('PolicySize', managedPolicyCharacters);
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Of a role: who may assume it. */
export function checkTrustPolicy(view: View, document: string): void {
  if (!isJson(document)) throw malformedPolicy('This policy contains invalid Json');
  const policy = compilePolicy(document, 'trust');
  if ('malformed' in policy) throw malformedPolicy(policy.malformed);
  checkTrustedPrincipals(view, document);
  if (sizeOf(document) > trustPolicyCharacters) throw quotaExceeded('ACLSizePerRole', trustPolicyCharacters);
}
