/** Every AWS-managed policy that an account here has. */
import { deploymentPolicies } from './deployment.ts';
import { ecsPolicies } from './ecs.ts';
import { ecsFullAccess } from './ecs-full-access.ts';
import { ecsInfrastructurePolicies } from './ecs-infrastructure.ts';
import { ecsServiceRolePolicy } from './ecs-service-role.ts';
import { generalPolicies } from './general.ts';
import { arnOf, type ManagedPolicy } from './managed-policy.ts';
import { observabilityPolicies } from './observability.ts';
import { readOnlyAccess } from './read-only-access.ts';
import { registryPolicies } from './registry.ts';
import { serviceLinkedPolicies } from './service-linked.ts';

/** By ARN. */
export const managedPolicies: ReadonlyMap<string, ManagedPolicy> = new Map(
  [
    ...ecsPolicies,
    ecsFullAccess,
    ecsServiceRolePolicy,
    ...ecsInfrastructurePolicies,
    ...serviceLinkedPolicies,
    ...registryPolicies,
    ...deploymentPolicies,
    ...observabilityPolicies,
    ...generalPolicies,
    readOnlyAccess,
  ].map((policy) => [arnOf(policy), policy]),
);
