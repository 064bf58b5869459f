/**
 * AWS's decision on one request. In order:
 *
 * 1. An explicit deny in any policy ends it.
 * 2. The resource's policy. Within one account a permission to the caller itself (a user, a session, everyone) is enough;
 *    one to a role, or to the user behind a federated session, still has to pass boundary and session policies; one to
 *    the account leaves it to the account's own policies.
 * 3. Identity-based policies, then the permissions boundary, then the session policies: each that there is must allow.
 *
 * Across accounts both 2 and 3 must allow. Some resources (roles, keys) must allow even within their account. The root
 * user needs no identity-based policy. Services, web identities and anonymous callers have nothing but the resource's
 * policy. Policies of organisations do not exist here.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
import type { RequestContext } from './context.ts';
import { find, type Match } from './policy.ts';
import { type AttachedPolicy, accountOf, type Principal } from './principal.ts';
import type { Statement } from './statement.ts';

export const policyTypes = ['identity-based', 'resource-based', 'boundary', 'session', 'trust'] as const;
export type PolicyType = (typeof policyTypes)[number];

export interface AuthorizationQuestion {
  readonly principal: Principal;
  /** `ecs:RunTask` */
  readonly action: string;
  /** ARN, or `*` where the action knows no resource. */
  readonly resource: string;
  /** Account of the resource; the caller's own where the action knows none. */
  readonly resourceAccount: string;
  readonly resourcePolicy?: AttachedPolicy | undefined;
  /** The resource's policy must allow, also within its account: keys, and roles that are assumed. */
  readonly needsResourcePolicy?: boolean;
  readonly context: RequestContext;
}

/** A statement as people find it. */
export interface DecidedBy {
  readonly policyType: PolicyType;
  readonly policy: string;
  readonly sid: string | undefined;
  /** From 0. */
  readonly index: number;
}

export interface Step {
  readonly policyType: PolicyType;
  readonly outcome: 'allows' | 'denies' | 'is silent';
  readonly by?: DecidedBy;
}

export interface PolicyDecision {
  readonly allowed: boolean;
  readonly kind: 'allowed' | 'explicitDeny' | 'implicitDeny';
  /** The statement that denied, or that allowed last; none where the root user needed none. */
  readonly decidedBy: DecidedBy | undefined;
  /** For an implicit deny, the first type of policy that should have allowed. */
  readonly missing: PolicyType | undefined;
  readonly isCrossAccount: boolean;
  /** What each type of policy said, in the order it was asked. */
  readonly trail: readonly Step[];
}

interface Layer {
  readonly policyType: PolicyType;
  readonly policies: readonly AttachedPolicy[];
}

type Question = Parameters<typeof find>[1];

const decidedBy = (policyType: PolicyType, policy: AttachedPolicy, statement: Statement): DecidedBy => ({
  policyType,
  policy: policy.name,
  sid: statement.sid,
  index: statement.index,
});

const none: readonly AttachedPolicy[] = [];

/** The layers on the caller's side: identity-based first, then every limit that it has. */
function layersOf(principal: Principal): Layer[] {
  if (!('identityPolicies' in principal)) return [];
  const layers: Layer[] = [{ policyType: 'identity-based', policies: principal.identityPolicies }];
  if (principal.boundary) layers.push({ policyType: 'boundary', policies: [principal.boundary] });
  if (principal.sessionPolicies) layers.push({ policyType: 'session', policies: principal.sessionPolicies });
  return layers;
}

function findDeny(layers: readonly Layer[], question: Question): DecidedBy | undefined {
  for (const layer of layers) {
    for (const policy of layer.policies) {
      const found = find(policy.policy.denies, question);
      if (found) return decidedBy(layer.policyType, policy, found.statement);
    }
  }
  return undefined;
}

function askLayer(layer: Layer, question: Question): Step {
  for (const policy of layer.policies) {
    const found = find(policy.policy.allows, question);
    if (found) {
      const by = decidedBy(layer.policyType, policy, found.statement);
      return { policyType: layer.policyType, outcome: 'allows', by };
    }
  }
  return { policyType: layer.policyType, outcome: 'is silent' };
}

/** Types of the caller's own policies that a permission on the resource makes unnecessary, within one account. */
function isSpared(policyType: PolicyType, grant: Match['grant'] | undefined): boolean {
  if (grant === 'direct') return true;
  return grant === 'entity' && policyType === 'identity-based';
}

function decide(
  trail: readonly Step[],
  isCrossAccount: boolean,
  outcome: { readonly by?: DecidedBy | undefined; readonly missing?: PolicyType },
): PolicyDecision {
  const kind = outcome.missing ? 'implicitDeny' : 'allowed';
  return {
    allowed: kind === 'allowed',
    kind,
    decidedBy: outcome.by,
    missing: outcome.missing,
    isCrossAccount,
    trail,
  };
}

export function evaluate(request: AuthorizationQuestion): PolicyDecision {
  const { principal, resourcePolicy } = request;
  const question = { ...request, action: request.action.toLowerCase() };
  const own = layersOf(principal);
  const onResource: Layer = {
    policyType: resourcePolicy?.policy.kind === 'trust' ? 'trust' : 'resource-based',
    policies: resourcePolicy ? [resourcePolicy] : none,
  };
  const account = accountOf(principal);
  const isCrossAccount = account !== undefined && account !== request.resourceAccount;
  const denied = findDeny([onResource, ...own], question);
  if (denied) {
    const trail: Step[] = [{ policyType: denied.policyType, outcome: 'denies', by: denied }];
    return {
      allowed: false,
      kind: 'explicitDeny',
      decidedBy: denied,
      missing: undefined,
      isCrossAccount,
      trail,
    };
  }
  const trail: Step[] = [];
  const found = resourcePolicy && find(resourcePolicy.policy.allows, question);
  const byResource = found && decidedBy(onResource.policyType, resourcePolicy, found.statement);
  const isNeeded = isCrossAccount || request.needsResourcePolicy === true || account === undefined;
  if (byResource) trail.push({ policyType: onResource.policyType, outcome: 'allows', by: byResource });
  else if (resourcePolicy || isNeeded) trail.push({ policyType: onResource.policyType, outcome: 'is silent' });
  if (isNeeded && !found) return decide(trail, isCrossAccount, { missing: onResource.policyType });
  let by = byResource;
  for (const layer of own) {
    if (!isCrossAccount && isSpared(layer.policyType, found?.grant)) continue;
    const step = askLayer(layer, question);
    trail.push(step);
    if (!step.by) return decide(trail, isCrossAccount, { missing: layer.policyType });
    by = step.by;
  }
  return decide(trail, isCrossAccount, { by });
}
