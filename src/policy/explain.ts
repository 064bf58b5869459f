/**
 * Why a decision came out as it did: for every statement that names the action, what of the request it did not fit. Slow
 * next to `evaluate`, and never asked on the way of a request.
 */
import { isPresent } from './context.ts';
import type { AuthorizationQuestion, PolicyType } from './evaluate.ts';
import type { AttachedPolicy } from './principal.ts';
import { matchPrincipal } from './principal-element.ts';
import { failedCondition, matchesAction, matchesResource, type Statement } from './statement.ts';

export interface StatementNote {
  readonly policyType: PolicyType;
  readonly policy: string;
  readonly sid: string | undefined;
  /** From 0. */
  readonly index: number;
  readonly effect: 'Allow' | 'Deny';
  /** Undefined where the statement speaks of the request. */
  readonly mismatch: string | undefined;
}

function mismatchOf(statement: Statement, request: AuthorizationQuestion): string | undefined {
  const { context, resource, principal } = request;
  if (statement.principal && !matchPrincipal(statement.principal, statement.effect, principal))
    return 'its principals do not include the caller';
  if (!matchesResource(statement, resource, context)) return `its resources do not include ${resource}`;
  const condition = failedCondition(statement, context);
  if (!condition) return undefined;
  const key = condition.key.toLowerCase();
  const value = isPresent(context, key) ? JSON.stringify(context.get(key)) : 'missing';
  return `condition ${condition.operator} ${condition.key} ${JSON.stringify(condition.values)} fails: the request's value is ${value}`;
}

/** Statements that name another action are left out. */
export function explain(request: AuthorizationQuestion): StatementNote[] {
  const { principal, resourcePolicy } = request;
  const action = request.action.toLowerCase();
  const note = (policyType: PolicyType, { name, policy }: AttachedPolicy): StatementNote[] =>
    policy.statements
      .filter((statement) => matchesAction(statement, action))
      .map((statement) => ({
        policyType,
        policy: name,
        sid: statement.sid,
        index: statement.index,
        effect: statement.effect,
        mismatch: mismatchOf(statement, request),
      }));
  const notes: StatementNote[] = [];
  if (resourcePolicy)
    notes.push(...note(resourcePolicy.policy.kind === 'trust' ? 'trust' : 'resource-based', resourcePolicy));
  if (!('identityPolicies' in principal)) return notes;
  for (const policy of principal.identityPolicies) notes.push(...note('identity-based', policy));
  if (principal.boundary) notes.push(...note('boundary', principal.boundary));
  for (const policy of principal.sessionPolicies ?? []) notes.push(...note('session', policy));
  return notes;
}
