/**
 * The texts of AccessDenied. Across accounts AWS does not say why.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
import type { AuthorizationQuestion, DecidedBy, PolicyDecision, PolicyType } from './evaluate.ts';
import { nameOf } from './principal.ts';

const silent: Readonly<Record<PolicyType, string>> = {
  'identity-based': 'no identity-based policy allows',
  'resource-based': 'no resource-based policy allows',
  boundary: 'no permissions boundary allows',
  session: 'no session policy allows',
  trust: 'no role trust policy allows',
};

const denying: Readonly<Record<PolicyType, string>> = {
  'identity-based': 'an identity-based policy',
  'resource-based': 'a resource-based policy',
  boundary: 'a permissions boundary',
  session: 'a session policy',
  trust: 'the role trust policy',
};

/** `request` is the one that `decision` refused. */
export function accessDeniedMessage(
  request: Pick<AuthorizationQuestion, 'principal' | 'action' | 'resource'>,
  decision: PolicyDecision,
): string {
  const { action, resource, principal } = request;
  const refusal = `User: ${nameOf(principal)} is not authorized to perform: ${action} on resource: ${resource}`;
  if (decision.isCrossAccount) return refusal;
  if (decision.kind === 'explicitDeny')
    return `${refusal} with an explicit deny in ${denying[decision.decidedBy!.policyType]}`;
  return `${refusal} because ${silent[decision.missing!]} the ${action} action`;
}

const describe = (by: DecidedBy): string =>
  `statement ${by.sid ? `"${by.sid}"` : `number ${by.index + 1}`} of ${by.policy}`;

const typeNames: Readonly<Record<PolicyType, string>> = {
  'identity-based': 'identity-based policies',
  'resource-based': 'resource-based policy',
  boundary: 'permissions boundary',
  session: 'session policies',
  trust: 'role trust policy',
};

/** One line per type of policy that was asked, and the outcome last. */
export function describeDecision(decision: PolicyDecision): string[] {
  const lines = decision.trail.map(
    (step) => `${typeNames[step.policyType]}: ${step.by ? `${step.outcome} (${describe(step.by)})` : step.outcome}`,
  );
  if (decision.isCrossAccount) lines.unshift('the resource is in another account: both sides must allow');
  const outcome = { allowed: 'allowed', explicitDeny: 'denied explicitly', implicitDeny: 'denied: nothing allows it' };
  return [...lines, outcome[decision.kind]];
}
