/** Roles that a service assumes for its users: does the role's trust policy name the service? */
import type { RoleRow } from '#model/iam.ts';
import { contextOf } from '#policy/context.ts';
import { evaluate } from '#policy/evaluate.ts';
import { globalKeys } from '#policy/global-keys.ts';
import type { ServicePrincipal } from '#policy/principal.ts';
import { policyOf } from './documents.ts';

export interface ServiceCall {
  /** `ecs-tasks.amazonaws.com` */
  readonly service: string;
  /** What it works for: `aws:SourceArn`, `aws:SourceAccount`. */
  readonly sourceArn: string;
  readonly sourceAccount: string;
  readonly region: string;
  readonly nowMs: number;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html */
export function trustsService(role: RoleRow, call: ServiceCall): boolean {
  const { service, sourceArn, sourceAccount, region, nowMs } = call;
  const principal: ServicePrincipal = { kind: 'service', service };
  const decision = evaluate({
    principal,
    action: 'sts:AssumeRole',
    resource: role.arn,
    resourceAccount: role.account,
    resourcePolicy: { name: role.arn, policy: policyOf(role.assumeRolePolicyDocument, 'trust') },
    needsResourcePolicy: true,
    context: contextOf(
      globalKeys({
        principal,
        nowMs,
        secureTransport: true,
        region,
        resourceAccount: role.account,
        resourceTags: role.tags,
        sourceArn,
        sourceAccount,
      }),
    ),
  });
  return decision.allowed;
}
