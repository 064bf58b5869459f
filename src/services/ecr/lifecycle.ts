import { invalidAt } from '#images/api/errors.ts';
import { checkLength } from '#images/api/validate.ts';
import { policyOptions } from '#images/lifecycle/apply.ts';
import { type LifecycleRule, parseLifecyclePolicy } from '#images/lifecycle/policy.ts';

/** The rules of a policy's text, or ECR's refusal. `tags` are those of the repository that is to have it. */
export function checkLifecyclePolicy(
  text: string,
  tags: Readonly<Record<string, string>>,
  parameter = 'LifecyclePolicyText',
): LifecycleRule[] {
  checkLength(parameter, text, 0, 30_720);
  const rules = parseLifecyclePolicy(text, policyOptions(tags));
  if ('problem' in rules) throw invalidAt(parameter, `Lifecycle policy validation failure: ${rules.problem}`);
  return rules;
}
