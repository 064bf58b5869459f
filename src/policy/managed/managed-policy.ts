/**
 * A policy that AWS publishes and every account has: `arn:aws:iam::aws:policy<path><name>`.
 *
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
 */
import type { RawStatement } from '../document.ts';

export interface ManagedPolicy {
  /** `/`, `/service-role/`, `/job-function/`, `/aws-service-role/` */
  readonly path: string;
  readonly name: string;
  readonly description?: string;
  /** Its default version at AWS; earlier ones are not kept. */
  readonly version: string;
  readonly statements: readonly RawStatement[];
}

export const allow = (
  action: string | readonly string[],
  resource: string | readonly string[] = '*',
): RawStatement => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
});

export const arnOf = (policy: ManagedPolicy): string => `arn:aws:iam::aws:policy${policy.path}${policy.name}`;

/** As GetPolicyVersion answers it. */
export const documentOf = (policy: ManagedPolicy) => ({ Version: '2012-10-17', Statement: policy.statements });

/** `actions('ecs', 'RunTask StopTask')` */
export const actions = (service: string, names: string): string[] =>
  names.split(/\s+/).map((name) => `${service}:${name}`);

/** A statement with a Sid, and conditions where it has some. */
export const named = (
  sid: string,
  action: string | readonly string[],
  resource: string | readonly string[] = '*',
  condition?: RawStatement['Condition'],
): RawStatement => ({ Sid: sid, ...allow(action, resource), ...(condition && { Condition: condition }) });
