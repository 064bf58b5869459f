/**
 * The Principal and NotPrincipal elements, and whether they name a caller.
 *
 * A caller is known by several names: a role's session by its own ARN, by its role's ARN and by its account. Which name a
 * statement uses decides how far its permission reaches: `direct` permissions need nothing else in the same account,
 * `entity` permissions (a role's ARN, the user behind a federated session) stay below the permissions boundary and the
 * session policies, `account` permissions only let the account's own policies decide.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
import { listOf } from './list.ts';
import type { Principal } from './principal.ts';

export const grants = ['account', 'entity', 'direct'] as const;
export type Grant = (typeof grants)[number];

export interface PrincipalElement {
  readonly negated: boolean;
  readonly everyone: boolean;
  /** Account ids, ARNs and unique ids. */
  readonly aws: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
  readonly federated: ReadonlySet<string>;
  readonly canonicalUsers: ReadonlySet<string>;
}

const rootArn = /^arn:aws[a-z-]*:iam::(\d{12}):root$/;
const valid: Readonly<Record<string, RegExp>> = {
  AWS: /^(\*|\d{12}|A(ROA|IDA|GPA)[A-Z0-9]{12,}|arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)\/[^*?]+))$/,
  Service: /^[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+$/,
  Federated: /^(arn:aws[a-z-]*:iam::\d{12}:(saml|oidc)-provider\/[^*?]+|[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+(\/[^*?]*)?)$/,
  CanonicalUser: /^[0-9a-f]{64}$/,
};

export function malformedPrincipal(element: unknown): string | undefined {
  if (element === '*') return undefined;
  if (typeof element !== 'object' || element === null || Array.isArray(element))
    return `Invalid principal in policy: ${JSON.stringify(element)}`;
  if (Object.keys(element).length === 0) return 'Missing required field Principal';
  for (const [kind, values] of Object.entries(element)) {
    const pattern = Object.hasOwn(valid, kind) ? valid[kind] : undefined;
    for (const value of listOf(values as unknown)) {
      if (typeof value !== 'string' || !pattern?.test(value))
        return `Invalid principal in policy: "${kind}":${JSON.stringify(value)}`;
    }
  }
  return undefined;
}

/** `element` is what `malformedPrincipal` found no fault with. */
export function compilePrincipal(element: unknown, negated: boolean): PrincipalElement {
  const named = (element === '*' ? { AWS: '*' } : element) as Readonly<Record<string, string | readonly string[]>>;
  const aws = listOf(named['AWS']).map((name) => rootArn.exec(name)?.[1] ?? name);
  return {
    negated,
    everyone: aws.includes('*'),
    aws: new Set(aws),
    services: new Set(listOf(named['Service'])),
    federated: new Set(listOf(named['Federated'])),
    canonicalUsers: new Set(listOf(named['CanonicalUser'])),
  };
}

/** What names a caller within an account, closest first, each with how far a permission to it reaches. */
function namesOf(principal: Principal): readonly (readonly [string, Grant])[] {
  switch (principal.kind) {
    case 'root':
      return [[principal.account, 'direct']];
    case 'user':
      return [
        [principal.arn, 'direct'],
        [principal.userId, 'direct'],
        [principal.account, 'account'],
      ];
    case 'role-session':
      return [
        [principal.arn, 'direct'],
        [principal.roleArn, 'entity'],
        [principal.roleId, 'entity'],
        [principal.account, 'account'],
      ];
    case 'federated-user':
      return [
        [principal.arn, 'direct'],
        [principal.userArn, 'entity'],
        [principal.account, 'account'],
      ];
    default:
      return [];
  }
}

function isListed(element: PrincipalElement, principal: Principal): boolean {
  if (principal.kind === 'service') return element.services.has(principal.service);
  if (principal.kind === 'web-identity') return element.federated.has(principal.provider);
  return principal.kind !== 'anonymous' && element.canonicalUsers.has(principal.canonicalUserId ?? '');
}

function grantOf(element: PrincipalElement, principal: Principal): Grant | undefined {
  if (isListed(element, principal)) return 'direct';
  for (const [name, grant] of namesOf(principal)) if (element.aws.has(name)) return grant;
  return undefined;
}

/**
 * Whether, and by what kind of name, the element covers the caller. `*` in an Allow covers callers with an AWS identity
 * and anonymous ones, in a Deny everyone. NotPrincipal is read in the safe way, which AWS advises to write for: an Allow
 * covers callers none of whose names are listed, a Deny covers callers unless all of their names are.
 */
export function matchPrincipal(
  element: PrincipalElement,
  effect: 'Allow' | 'Deny',
  principal: Principal,
): Grant | undefined {
  if (!element.negated) {
    if (element.everyone && (effect === 'Deny' || (principal.kind !== 'service' && principal.kind !== 'web-identity')))
      return 'direct';
    return grantOf(element, principal);
  }
  if (element.everyone) return undefined;
  const names = namesOf(principal).filter(([name]) => !uniqueId.test(name));
  const spared =
    effect === 'Allow' || names.length === 0
      ? grantOf(element, principal) !== undefined
      : isListed(element, principal) || names.every(([name]) => element.aws.has(name));
  return spared ? undefined : 'direct';
}

const uniqueId = /^A(ROA|IDA)[A-Z0-9]+$/;
