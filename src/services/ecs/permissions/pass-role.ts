/**
 * Roles that a request hands to ECS: the caller needs iam:PassRole on each, so that nobody gets through a task what he
 * may not do himself. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security_iam_id-based-policy-examples.html
 */
import { parseArn, type Scope } from '#model/arn.ts';
import type { TaskDefinitionRow } from '#model/rows.ts';
import type { Permission } from '#protocol/authorize.ts';

const taskService = 'ecs-tasks.amazonaws.com';
const ecsService = 'ecs.amazonaws.com';

function passRole(scope: Scope, role: unknown, service: string): Permission[] {
  if (typeof role !== 'string' || role === '') return [];
  const resource = parseArn(role) ? role : `arn:aws:iam::${scope.account}:role/${role}`;
  return [{ action: 'iam:PassRole', resource, keys: { 'iam:PassedToService': service } }];
}

interface Roles {
  readonly taskRoleArn?: unknown;
  readonly executionRoleArn?: unknown;
}

/** Roles that containers and their agent use: of a definition, or of overrides over it. */
export function passTaskRoles(scope: Scope, definition: Roles | undefined, overrides?: Roles): Permission[] {
  const roles = [
    overrides?.taskRoleArn || definition?.taskRoleArn,
    overrides?.executionRoleArn || definition?.executionRoleArn,
  ];
  return [...new Set(roles)].flatMap((role) => passRole(scope, role, taskService));
}

interface VolumeConfiguration {
  readonly managedEBSVolume?: { readonly roleArn?: unknown };
}

interface ServiceInput {
  readonly role?: unknown;
  readonly volumeConfigurations?: readonly (VolumeConfiguration | null)[];
}

/** Roles that ECS itself works under: for load balancers and volumes. */
export function passServiceRoles(scope: Scope, input: ServiceInput): Permission[] {
  const volumes = Array.isArray(input.volumeConfigurations) ? input.volumeConfigurations : [];
  const roles = [input.role, ...volumes.map((volume) => volume?.managedEBSVolume?.roleArn)];
  return [...new Set(roles)].flatMap((role) => passRole(scope, role, ecsService));
}

export function passRolesOfService(
  scope: Scope,
  definition: TaskDefinitionRow | undefined,
  input: ServiceInput,
): Permission[] {
  return [...passTaskRoles(scope, definition), ...passServiceRoles(scope, input)];
}
