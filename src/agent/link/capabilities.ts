import type { Attribute, Resource } from '@aws-sdk/client-ecs';
import type { EngineInfo, EngineVersion } from '../engine-api/engine.ts';

/**
 * What this agent says about its machine when it registers: attributes that placement matches, and resources. A
 * capability stands here only if it is carried out.
 */
const docker = 'com.amazonaws.ecs.capability.';
const ecs = 'ecs.capability.';

/** The versions that ECS knows of: 1.26, 1.27, 1.31 and everything above 1.32 are deliberately not among them. */
const reportedApiVersions = [
  '1.17',
  '1.18',
  '1.19',
  '1.20',
  '1.21',
  '1.22',
  '1.23',
  '1.24',
  '1.25',
  '1.28',
  '1.29',
  '1.30',
  '1.32',
];

const minor = (version: string): number => Number(version.split('.')[1]);

export interface CapabilityInput {
  readonly engine: EngineVersion;
  readonly info: EngineInfo;
  readonly loggingDrivers: readonly string[];
  readonly hasTaskLimits: boolean;
  readonly instanceAttributes: Readonly<Record<string, string>>;
}

export function ecsArchitecture(architecture: string): string {
  return { aarch64: 'arm64', arm64: 'arm64', x64: 'x86_64', amd64: 'x86_64' }[architecture] ?? architecture;
}

export function toAttributes(input: CapabilityInput): Attribute[] {
  const { engine, info } = input;
  // A newer daemon than its oldest API version suggests still does what those versions say.
  const apiVersions = reportedApiVersions.filter((version) => minor(version) <= minor(engine.apiVersion));
  const names = [
    `${docker}privileged-container`,
    ...apiVersions.map((version) => `${docker}docker-remote-api.${version}`),
    ...input.loggingDrivers.map((driver) => `${docker}logging-driver.${driver}`),
    ...(info.securityOptions.some((option) => option.includes('apparmor')) ? [`${docker}apparmor`] : []),
    ...(info.securityOptions.some((option) => option.includes('selinux')) ? [`${docker}selinux`] : []),
    `${ecs}container-health-check`,
    `${ecs}container-ordering`,
    `${ecs}container-restart-policy`,
    `${ecs}network.container-port-range`,
    `${ecs}full-sync`,
    `${docker}task-iam-role`,
    `${docker}task-iam-role-network-host`,
    `${docker}ecr-auth`,
    `${ecs}execution-role-ecr-pull`,
    `${ecs}ecr-endpoint`,
    `${ecs}private-registry-authentication.secretsmanager`,
    ...['ssm', 'asm'].flatMap((store) => [
      `${ecs}secrets.${store}.environment-variables`,
      `${ecs}secrets.${store}.bootstrap.log-driver`,
    ]),
    ...(input.loggingDrivers.includes('awslogs') ? [`${ecs}execution-role-awslogs`] : []),
    ...(input.hasTaskLimits ? [`${ecs}task-cpu-mem-limit`] : []),
    ...info.volumeDrivers.map((driver) => `${ecs}docker-plugin.${driver}`),
  ];
  const valued = {
    ...input.instanceAttributes,
    'ecs.os-type': 'linux',
    'ecs.os-family': 'LINUX',
    'ecs.cpu-architecture': ecsArchitecture(info.architecture),
  };
  return [...names.map((name) => ({ name })), ...Object.entries(valued).map(([name, value]) => ({ name, value }))];
}

export function toResources(
  info: EngineInfo,
  reserved: { readonly memoryMiB: number; readonly ports: readonly number[]; readonly portsUdp: readonly number[] },
): Resource[] {
  const memoryMiB = Math.max(0, Math.floor(info.memoryBytes / 1024 / 1024) - reserved.memoryMiB);
  return [
    { name: 'CPU', type: 'INTEGER', integerValue: info.cpus * 1024 },
    { name: 'MEMORY', type: 'INTEGER', integerValue: memoryMiB },
    { name: 'PORTS', type: 'STRINGSET', stringSetValue: reserved.ports.map(String) },
    { name: 'PORTS_UDP', type: 'STRINGSET', stringSetValue: reserved.portsUdp.map(String) },
  ];
}
