/** Policies of repositories and registries, checked when they are set. */
import { compilePolicy } from '#policy/policy.ts';
import { invalidAt } from './errors.ts';
import { checkLength } from './validate.ts';

const maxPolicyLength = 10_240;

export function checkPolicyText(text: string, what: 'repository' | 'registry', parameter = 'PolicyText'): string {
  checkLength(parameter, text, 0, maxPolicyLength);
  if ('malformed' in compilePolicy(text, 'resource')) throw invalidAt(parameter, `Invalid ${what} policy provided`);
  return text;
}
