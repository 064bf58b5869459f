/**
 * ECS's own condition keys, as AWS documents them:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html#amazonelasticcontainerservice-policy-keys
 */
import type { TaskDefinitionRow } from '#model/rows.ts';
import type { ContextValue } from '#policy/context.ts';

type Keys = Record<string, ContextValue | undefined>;

interface Launch {
  readonly capacityProviderStrategy?: readonly ({ readonly capacityProvider?: string } | null)[];
  readonly enableExecuteCommand?: boolean;
  readonly enableECSManagedTags?: boolean;
  readonly propagateTags?: string;
  readonly volumeConfigurations?: readonly ({ readonly managedEBSVolume?: unknown } | null)[];
  readonly networkConfiguration?: {
    readonly awsvpcConfiguration?: { readonly subnets?: readonly string[]; readonly assignPublicIp?: string };
  };
  readonly overrides?: { readonly cpu?: string; readonly memory?: string };
  readonly serviceConnectConfiguration?: { readonly enabled?: boolean; readonly namespace?: string };
  readonly vpcLatticeConfigurations?: readonly unknown[];
}

const list = <T>(value: readonly T[] | undefined): readonly T[] => (Array.isArray(value) ? value : []);
const flag = (value: boolean | undefined): string | undefined => (value === undefined ? undefined : String(value));
const orNothing = (values: readonly string[]): readonly string[] | undefined =>
  values.length > 0 ? values : undefined;
const hasManagedVolume = (volumes: Launch['volumeConfigurations']) =>
  list(volumes).some((volume) => volume?.managedEBSVolume !== undefined);

const providerNames = (input: Launch): string[] =>
  list(input.capacityProviderStrategy).flatMap((item) => item?.capacityProvider ?? []);

/** What RunTask, StartTask, CreateService, UpdateService and CreateTaskSet have in common. */
export function launchKeys(input: Launch, definition: TaskDefinitionRow | undefined): Keys {
  const network = input.networkConfiguration?.awsvpcConfiguration;
  return {
    'ecs:capacity-provider': orNothing(providerNames(input)),
    'ecs:enable-execute-command': flag(input.enableExecuteCommand),
    'ecs:enable-ecs-managed-tags': flag(input.enableECSManagedTags),
    'ecs:propagate-tags': input.propagateTags,
    'ecs:enable-ebs-volumes': flag(hasManagedVolume(input.volumeConfigurations)),
    'ecs:auto-assign-public-ip': network?.assignPublicIp && flag(network.assignPublicIp === 'ENABLED'),
    'ecs:subnet': orNothing(list(network?.subnets)),
    'ecs:task-cpu': input.overrides?.cpu ?? definition?.cpu,
    'ecs:task-memory': input.overrides?.memory ?? definition?.memory,
  };
}

export function serviceKeys(input: Launch, definition: TaskDefinitionRow | undefined): Keys {
  const connect = input.serviceConnectConfiguration;
  return {
    ...launchKeys(input, definition),
    'ecs:task-definition': definition?.arn,
    'ecs:enable-service-connect': flag(connect?.enabled),
    'ecs:namespace': connect?.namespace,
    'ecs:enable-vpc-lattice': input.vpcLatticeConfigurations && flag(list(input.vpcLatticeConfigurations).length > 0),
  };
}

interface Definition {
  readonly requiresCompatibilities?: readonly string[];
  readonly containerDefinitions?: readonly ({ readonly privileged?: boolean } | null)[];
  readonly cpu?: string;
  readonly memory?: string;
}

export function definitionKeys(input: Definition): Keys {
  return {
    'ecs:compute-compatibility': orNothing(list(input.requiresCompatibilities)),
    'ecs:privileged': flag(list(input.containerDefinitions).some((container) => container?.privileged === true)),
    'ecs:task-cpu': input.cpu,
    'ecs:task-memory': input.memory,
  };
}
