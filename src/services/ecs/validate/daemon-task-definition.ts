/**
 * The rules of RegisterDaemonTaskDefinition: those of a task definition, with the members that a daemon's containers have.
 * Daemons run in bridge mode; `shared` namespaces are the host's.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterDaemonTaskDefinition.html
 */
import type { ContainerDefinition, RegisterDaemonTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import type { Scope } from '#model/arn.ts';
import { clientException } from '../errors.ts';
import { compact, notSupported } from './check.ts';
import { type CheckedTaskDefinition, checkTaskDefinition } from './task-definition.ts';

const modes = ['none', 'shared'];

function checkMode(setting: string, value: string | undefined): void {
  if (value === undefined || modes.includes(value)) return;
  throw clientException(`Invalid '${setting}' setting for daemon. '${value}' must be one of [${modes.join(',')}].`);
}

const hostMode = (value: string | undefined) => (value === 'shared' ? ('host' as const) : undefined);

export function checkDaemonTaskDefinition(
  scope: Scope,
  given: RegisterDaemonTaskDefinitionRequest,
): CheckedTaskDefinition {
  checkMode('pidMode', given.pidMode);
  checkMode('ipcMode', given.ipcMode);
  for (const volume of given.volumes ?? []) {
    if (!volume.logDriverVolumeConfiguration) continue;
    throw notSupported(`logDriverVolumeConfiguration of volume '${volume.name}'`);
  }
  const checked = checkTaskDefinition(
    scope,
    compact({
      family: given.family,
      containerDefinitions: given.containerDefinitions as ContainerDefinition[] | undefined,
      volumes: given.volumes?.map(({ name, host }) => compact({ name, host })),
      cpu: given.cpu,
      memory: given.memory,
      taskRoleArn: given.taskRoleArn,
      executionRoleArn: given.executionRoleArn,
      pidMode: hostMode(given.pidMode),
      ipcMode: hostMode(given.ipcMode),
    }) as Parameters<typeof checkTaskDefinition>[1],
  );
  const daemon = compact({ pidMode: given.pidMode, ipcMode: given.ipcMode });
  return { ...checked, daemon };
}
