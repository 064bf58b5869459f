/** Volumes of a task and their mounts. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Volume.html */
import type { ContainerDefinition, DockerVolumeConfiguration, Volume } from '@aws-sdk/client-ecs';
import { clientException } from '../errors.ts';
import { badSetting, compact, firstDuplicate, notSupported } from './check.ts';

const namePattern = /^[a-zA-Z0-9_-]{1,255}$/;

function checkDockerVolume(name: string, given: DockerVolumeConfiguration): DockerVolumeConfiguration {
  const scope = given.scope ?? 'task';
  if (scope !== 'task' && scope !== 'shared') {
    throw clientException(`Invalid 'scope' setting for volume '${name}'. Must be one of [task,shared]`);
  }
  if (given.autoprovision !== undefined && scope !== 'shared') {
    throw clientException(
      `Invalid 'autoprovision' setting for volume '${name}'. The scope of the volume must be shared.`,
    );
  }
  return compact({
    ...given,
    scope,
    driver: given.driver ?? 'local',
    ...(scope === 'shared' && { autoprovision: given.autoprovision ?? false }),
  });
}

function checkVolume(volume: Volume): Volume {
  const { name, host, dockerVolumeConfiguration: docker } = volume;
  if (!name) throw clientException('Volume.name should not be null or empty.');
  if (!namePattern.test(name)) throw clientException('Volume.name contains invalid characters.');
  if (volume.efsVolumeConfiguration) throw notSupported(`efsVolumeConfiguration of volume '${name}'`);
  if (volume.fsxWindowsFileServerVolumeConfiguration) {
    throw notSupported(`fsxWindowsFileServerVolumeConfiguration of volume '${name}'`);
  }
  if (volume.s3filesVolumeConfiguration) throw notSupported(`s3filesVolumeConfiguration of volume '${name}'`);
  if (volume.configuredAtLaunch) throw notSupported(`configuredAtLaunch of volume '${name}'`);
  if (host && docker) {
    throw clientException(`Volume '${name}' can only have one of host and dockerVolumeConfiguration.`);
  }
  if (docker) return { name, dockerVolumeConfiguration: checkDockerVolume(name, docker) };
  return { name, host: compact({ sourcePath: host?.sourcePath || undefined }) };
}

/** A volume with only a name is an empty one that lives as long as the task: answered with an empty `host`. */
export function checkVolumes(volumes: readonly Volume[]): Volume[] {
  const checked = volumes.map(checkVolume);
  const duplicate = firstDuplicate(checked.map((volume) => volume.name!));
  if (duplicate !== undefined)
    throw clientException(`Volume names must be unique within a task definition: ${duplicate}`);
  return checked;
}

export function checkMountPoints(container: ContainerDefinition, volumes: readonly Volume[]): void {
  const names = new Set(volumes.map((volume) => volume.name));
  for (const { sourceVolume, containerPath } of container.mountPoints ?? []) {
    if (!sourceVolume || !names.has(sourceVolume)) throw clientException(`Unknown volume '${sourceVolume ?? ''}'.`);
    if (!containerPath) throw badSetting(container.name!, 'mountPoints', "'containerPath' must be specified.");
  }
}
