/**
 * The last look at what goes to an agent: the official agent dereferences some members without asking, and a message
 * that lacks one ends its process. Each answers what is wrong, or nothing.
 */
import type { AgentTask, TaskManifestMessage } from '#model/agent-messages.ts';

function duplicate(names: readonly string[]): string | undefined {
  return names.find((name, at) => names.indexOf(name) !== at);
}

function containersProblem(task: AgentTask): string | undefined {
  if (task.containers.length === 0) return 'it has no containers';
  const names = task.containers.map((container) => container.name);
  const twice = duplicate(names);
  if (twice !== undefined) return `two containers are named ${twice}`;
  for (const container of task.containers) {
    if (!container.name) return 'a container has no name';
    if (!container.image) return `container ${container.name} has no image`;
    for (const mapping of container.portMappings ?? []) {
      if (!mapping.containerPort && !mapping.containerPortRange)
        return `a port mapping of ${container.name} has no port`;
    }
    for (const file of container.environmentFiles ?? []) {
      if (!file.value) return `an environment file of ${container.name} has no value`;
    }
  }
  return undefined;
}

/** Why a task must not be sent. */
export function taskProblem(task: AgentTask): string | undefined {
  if (!task.arn) return 'it has no ARN';
  if (task.desiredStatus === 'STOPPED') return undefined;
  const volume = (task.volumes ?? []).find((one) => !one.name || !(one.host || one.dockerVolumeConfiguration));
  if (volume) return `volume ${volume.name} has no configuration`;
  return containersProblem(task);
}

/** Why a manifest must not be sent. */
export function manifestProblem(manifest: TaskManifestMessage): string | undefined {
  if (!Number.isSafeInteger(manifest.timeline)) return 'it has no timeline';
  if (!manifest.messageId || !manifest.clusterArn || !manifest.containerInstanceArn) return 'it has no address';
  const entry = manifest.tasks.find((one) => !one.taskArn || !one.taskClusterArn || !one.desiredStatus);
  return entry ? `the entry of task ${entry.taskArn} is not complete` : undefined;
}
