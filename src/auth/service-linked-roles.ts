/**
 * Service-linked roles: one a service, made by IAM's CreateServiceLinkedRole or by the service itself when it first
 * needs one. Nobody but the service may assume them, and nobody may change what they permit.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
 */
import type { Clock } from '#lib/clock.ts';
import { uniqueId } from '#lib/ids.ts';
import type { Random } from '#lib/random.ts';
import type { RoleRow } from '#model/iam.ts';
import type { Tx, View } from '#store/store.ts';
import { roles } from '#store/tables/iam.ts';

export interface ServiceLinkedRole {
  readonly roleName: string;
  /** Names of AWS-managed policies in `/aws-service-role/`. */
  readonly policy: string;
  /** Of the role that the service makes itself; one that IAM is asked for has what its maker says. */
  readonly description?: string;
  /** Several roles of one service are told apart by a suffix. */
  readonly takesSuffix?: boolean;
}

/** By the service's principal. */
export const serviceLinkedRoles: ReadonlyMap<string, ServiceLinkedRole> = new Map<string, ServiceLinkedRole>([
  [
    'ecs.amazonaws.com',
    {
      roleName: 'AWSServiceRoleForECS',
      policy: 'AmazonECSServiceRolePolicy',
      description: 'Role to enable Amazon ECS to manage your cluster.',
    },
  ],
  [
    'ecs-compute.amazonaws.com',
    { roleName: 'AWSServiceRoleForECSCompute', policy: 'AmazonECSComputeServiceRolePolicy' },
  ],
  [
    'elasticloadbalancing.amazonaws.com',
    {
      roleName: 'AWSServiceRoleForElasticLoadBalancing',
      policy: 'AWSElasticLoadBalancingServiceRolePolicy',
      description: 'Allows ELB to call AWS services on your behalf.',
    },
  ],
  [
    'autoscaling.amazonaws.com',
    {
      roleName: 'AWSServiceRoleForAutoScaling',
      policy: 'AutoScalingServiceRolePolicy',
      description:
        'Default Service-Linked Role enables access to AWS Services and Resources used or managed by Auto Scaling',
      takesSuffix: true,
    },
  ],
  [
    'ecs.application-autoscaling.amazonaws.com',
    {
      roleName: 'AWSServiceRoleForApplicationAutoScaling_ECSService',
      policy: 'AWSApplicationAutoscalingECSServicePolicy',
    },
  ],
  [
    'replication.ecr.amazonaws.com',
    { roleName: 'AWSServiceRoleForECRReplication', policy: 'ECRReplicationServiceRolePolicy' },
  ],
  [
    'pullthroughcache.ecr.amazonaws.com',
    { roleName: 'AWSServiceRoleForECRPullThroughCache', policy: 'AWSECRPullThroughCache_ServiceRolePolicy' },
  ],
  ['ecr.amazonaws.com', { roleName: 'AWSServiceRoleForECRTemplate', policy: 'ECRTemplateServiceRolePolicy' }],
  [
    'events.amazonaws.com',
    { roleName: 'AWSServiceRoleForCloudWatchEvents', policy: 'CloudWatchEventsServiceRolePolicy' },
  ],
  [
    'spot.amazonaws.com',
    {
      roleName: 'AWSServiceRoleForEC2Spot',
      policy: 'AWSEC2SpotServiceRolePolicy',
      description: 'Default EC2 Spot Service Linked Role',
    },
  ],
]);

const pathOf = (service: string) => `/aws-service-role/${service}/`;
const roleNameOf = (known: ServiceLinkedRole, suffix: string | undefined) =>
  suffix === undefined ? known.roleName : `${known.roleName}_${suffix}`;

/** The ARN of the role, be it there or not; undefined for a service that has none. */
export function serviceLinkedRoleArn(account: string, service: string, suffix?: string): string | undefined {
  const known = serviceLinkedRoles.get(service);
  return known && `arn:aws:iam::${account}:role${pathOf(service)}${roleNameOf(known, suffix)}`;
}

export const findServiceLinkedRole = (view: View, account: string, service: string): RoleRow | undefined =>
  view.get(roles, serviceLinkedRoleArn(account, service) ?? '');

export interface NewServiceLinkedRole {
  readonly account: string;
  readonly service: string;
  readonly suffix?: string | undefined;
  readonly description?: string | undefined;
}

type Deps = { readonly clock: Clock; readonly random: Random };

/** Throws when the service has no such role, or the role is there. */
export function insertServiceLinkedRole(tx: Tx, deps: Deps, wanted: NewServiceLinkedRole): RoleRow {
  const { account, service, suffix } = wanted;
  const known = serviceLinkedRoles.get(service);
  if (!known) throw new Error(`${service} has no service-linked role`);
  const { description } = wanted;
  return tx.insert(roles, {
    arn: serviceLinkedRoleArn(account, service, suffix)!,
    account,
    path: pathOf(service),
    name: roleNameOf(known, suffix),
    id: uniqueId(deps.random, 'AROA'),
    createdAt: deps.clock.now(),
    attachedPolicyArns: [`arn:aws:iam::aws:policy/aws-service-role/${known.policy}`],
    inlinePolicies: [],
    ...(description !== undefined && { description }),
    assumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
    }),
    maxSessionDurationSeconds: 3600,
    tags: {},
    linkedService: service,
  });
}

/** What a service calls when it first needs its role: the role, made now if it was not there. */
export function ensureServiceLinkedRole(tx: Tx, deps: Deps, account: string, service: string): RoleRow {
  const found = findServiceLinkedRole(tx, account, service);
  const description = serviceLinkedRoles.get(service)?.description;
  return found ?? insertServiceLinkedRole(tx, deps, { account, service, description });
}
