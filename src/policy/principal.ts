/** Who asks, with every policy that limits or permits it. The caller of this room puts it together. */
import type { Policy } from './policy.ts';

/** A policy with the name by which decisions speak of it: an ARN, or `inline policy deploy of group developers`. */
export interface AttachedPolicy {
  readonly name: string;
  readonly policy: Policy;
}

interface Limits {
  readonly account: string;
  readonly arn: string;
  /** Policies of the user and its groups, or of the role. */
  readonly identityPolicies: readonly AttachedPolicy[];
  readonly boundary?: AttachedPolicy | undefined;
  /** Absent where the session was made without any; an empty list permits nothing. */
  readonly sessionPolicies?: readonly AttachedPolicy[] | undefined;
  /** The account's canonical user id, where there is one. */
  readonly canonicalUserId?: string | undefined;
}

/** `arn:aws:iam::<account>:root` */
export interface RootPrincipal {
  readonly kind: 'root';
  readonly account: string;
  readonly arn: string;
  readonly canonicalUserId?: string | undefined;
}

/** `arn:aws:iam::<account>:user/<path><name>`; `userId` begins with AIDA. */
export interface UserPrincipal extends Limits {
  readonly kind: 'user';
  readonly userId: string;
}

/** `arn` is the session's, `arn:aws:sts::<account>:assumed-role/<role>/<session>`; `roleId` begins with AROA. */
export interface RoleSessionPrincipal extends Limits {
  readonly kind: 'role-session';
  /** `arn:aws:iam::<account>:role/<path><name>` */
  readonly roleArn: string;
  readonly roleId: string;
}

/** Of GetFederationToken: `arn:aws:sts::<account>:federated-user/<name>`; the policies are those of the user behind it. */
export interface FederatedUserPrincipal extends Limits {
  readonly kind: 'federated-user';
  readonly userArn: string;
}

/** `ecs-tasks.amazonaws.com` */
export interface ServicePrincipal {
  readonly kind: 'service';
  readonly service: string;
}

/** Somebody with a token of an identity provider, who has no AWS identity yet. `provider` is its ARN or domain. */
export interface WebIdentityPrincipal {
  readonly kind: 'web-identity';
  readonly provider: string;
}

export interface AnonymousPrincipal {
  readonly kind: 'anonymous';
}

export type Principal =
  | RootPrincipal
  | UserPrincipal
  | RoleSessionPrincipal
  | FederatedUserPrincipal
  | ServicePrincipal
  | WebIdentityPrincipal
  | AnonymousPrincipal;

/** How messages name it. */
export function nameOf(principal: Principal): string {
  switch (principal.kind) {
    case 'service':
      return principal.service;
    case 'web-identity':
      return principal.provider;
    case 'anonymous':
      return 'anonymous';
    default:
      return principal.arn;
  }
}

/** The 12 digits of its account; undefined for callers that have none. */
export function accountOf(principal: Principal): string | undefined {
  return 'account' in principal ? principal.account : undefined;
}
