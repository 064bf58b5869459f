import { type AgentContainer, type AgentTask, dependencyConditions } from '#model/agent-messages.ts';

/**
 * Checks a payload's task before anything is done for it. Answers why it cannot run here, in words for a person, or
 * nothing. A task for which this answers is reported STOPPED with reason `UnrecogniedTaskError: Error loading task - …`
 * (spelled as the official agent spells it).
 */
export function explainUnusable(task: AgentTask): string | undefined {
  if (task.desiredStatus !== 'RUNNING' && task.desiredStatus !== 'STOPPED')
    return `unknown desired status ${task.desiredStatus}`;
  if (task.desiredStatus === 'STOPPED') return undefined;
  if (!task.containers?.length) return 'the task has no containers';
  const names = new Set<string>();
  for (const container of task.containers) {
    if (!container.name) return 'a container has no name';
    if (names.has(container.name)) return `two containers are named ${container.name}`;
    names.add(container.name);
  }
  return (
    unsupportedTask(task) ??
    firstReason(task.containers, (entry) => containerProblem(task, entry, names)) ??
    findCycle(task)
  );
}

function firstReason<T>(items: readonly T[], check: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const reason = check(item);
    if (reason) return reason;
  }
  return undefined;
}

const present = (value: unknown): boolean =>
  value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);

/** Members of the protocol that this agent does not carry out: refusing beats running without them. */
function unsupportedTask(task: AgentTask): string | undefined {
  const members = task as unknown as Record<string, unknown>;
  const mode = task.networkMode ?? 'bridge';
  if (!['bridge', 'host', 'none', 'default'].includes(mode))
    return `network mode ${mode} is not supported by this agent`;
  for (const member of ['pidMode', 'ipcMode']) {
    if (members[member] === 'task') return `${member} task is not supported by this agent`;
  }
  const unsupported = ['elasticNetworkInterfaces', 'proxyConfiguration', 'associations', 'attachments'];
  const found = unsupported.find((member) => present(members[member]));
  return found ? `${found} is not supported by this agent` : undefined;
}

function containerProblem(task: AgentTask, container: AgentContainer, names: ReadonlySet<string>): string | undefined {
  const members = container as unknown as Record<string, unknown>;
  const say = (problem: string) => `container ${container.name}: ${problem}`;
  if (!container.image) return say('no image');
  const unsupported = ['environmentFiles', 'firelensConfiguration', 'managedAgents', 'credentialSpecs'];
  const found = unsupported.find((member) => present(members[member]));
  if (found) return say(`${found} is not supported by this agent`);
  const secret = container.secrets?.find(
    ({ type, provider }) => type !== 'ENVIRONMENT_VARIABLE' || (provider !== 'ssm' && provider !== 'asm'),
  );
  if (secret) return say(`secret ${secret.name} of type ${secret.type} is not supported by this agent`);
  const references = [
    ...(container.dependsOn ?? []).map((entry) => entry.containerName),
    ...(container.links ?? []).map((link) => link.split(':')[0]!),
    ...(container.volumesFrom ?? []).map((from) => from.sourceContainer),
  ];
  const unknown = references.find((name) => !names.has(name));
  if (unknown !== undefined) return say(`refers to container ${unknown}, which the task does not have`);
  const condition = container.dependsOn?.find((entry) => !dependencyConditions.includes(entry.condition));
  if (condition) return say(`unknown dependency condition ${condition.condition}`);
  for (const mapping of container.portMappings ?? []) {
    if (mapping.protocol !== undefined && mapping.protocol !== 'tcp' && mapping.protocol !== 'udp') {
      return say(`Unrecognized protocol ${mapping.protocol}`);
    }
  }
  const volumes = new Set((task.volumes ?? []).map((volume) => volume.name));
  const mount = container.mountPoints?.find((point) => !volumes.has(point.sourceVolume));
  if (mount) return say(`mounts volume ${mount.sourceVolume}, which the task does not have`);
  return volumeProblem(task) ?? jsonProblem(container, say);
}

function volumeProblem(task: AgentTask): string | undefined {
  for (const volume of task.volumes ?? []) {
    const type = volume.type ?? 'host';
    if (type === 'host' ? !volume.host : type !== 'docker' || !volume.dockerVolumeConfiguration) {
      return `invalid or unsupported volume ${volume.name} of type ${type}`;
    }
  }
  return undefined;
}

function parsed(text: string | undefined): Record<string, unknown> | undefined {
  if (!text) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function jsonProblem(container: AgentContainer, say: (problem: string) => string): string | undefined {
  const config = parsed(container.dockerConfig?.config);
  if (!config) return say('dockerConfig.config is not a JSON object');
  if (!parsed(container.dockerConfig?.hostConfig)) return say('dockerConfig.hostConfig is not a JSON object');
  if (container.healthCheckType === 'docker' && !config['Healthcheck'])
    return say('has a health check without a definition');
  const overrides = parsed(container.overrides);
  if (!overrides) return say('overrides is not a JSON object');
  const key = Object.keys(overrides).find((name) => name !== 'command');
  return key ? say(`Unrecognized key ${key} in overrides`) : undefined;
}

function findCycle(task: AgentTask): string | undefined {
  const edges = new Map(
    task.containers.map((container) => [
      container.name,
      [
        ...(container.dependsOn ?? []).map((entry) => entry.containerName),
        ...(container.links ?? []).map((link) => link.split(':')[0]!),
        ...(container.volumesFrom ?? []).map((from) => from.sourceContainer),
      ],
    ]),
  );
  const state = new Map<string, 'open' | 'done'>();
  const visit = (name: string): boolean => {
    if (state.get(name) === 'open') return true;
    if (state.get(name) === 'done') return false;
    state.set(name, 'open');
    const cyclic = (edges.get(name) ?? []).some(visit);
    state.set(name, 'done');
    return cyclic;
  };
  const start = [...edges.keys()].find(visit);
  return start ? `container ${start} is part of a circular dependency` : undefined;
}
