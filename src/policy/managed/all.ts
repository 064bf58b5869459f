/** Every AWS-managed policy that an account here has. */
import { ecsPolicies } from './ecs.ts';
import { ecsFullAccess } from './ecs-full-access.ts';
import { ecsServiceRolePolicy } from './ecs-service-role.ts';
import { generalPolicies } from './general.ts';
import { arnOf, type ManagedPolicy } from './managed-policy.ts';
import { readOnlyAccess } from './read-only-access.ts';

/** By ARN. */
export const managedPolicies: ReadonlyMap<string, ManagedPolicy> = new Map(
  [...ecsPolicies, ecsFullAccess, ecsServiceRolePolicy, ...generalPolicies, readOnlyAccess].map((policy) => [
    arnOf(policy),
    policy,
  ]),
);
