/** Container instances as the official agent registers them, through the public API. */
import {
  type Attribute,
  type ECSClient,
  RegisterContainerInstanceCommand,
  type RegisterContainerInstanceCommandInput,
} from '@aws-sdk/client-ecs';

/** Attributes that the official agent sends from a host that is not an EC2 instance (the few that tests need). */
export const agentAttributes: readonly Attribute[] = [
  { name: 'com.amazonaws.ecs.capability.privileged-container' },
  { name: 'com.amazonaws.ecs.capability.docker-remote-api.1.17' },
  { name: 'com.amazonaws.ecs.capability.docker-remote-api.1.18' },
  { name: 'com.amazonaws.ecs.capability.docker-remote-api.1.19' },
  { name: 'com.amazonaws.ecs.capability.docker-remote-api.1.21' },
  { name: 'com.amazonaws.ecs.capability.docker-remote-api.1.24' },
  { name: 'com.amazonaws.ecs.capability.docker-remote-api.1.25' },
  { name: 'com.amazonaws.ecs.capability.docker-remote-api.1.29' },
  { name: 'com.amazonaws.ecs.capability.logging-driver.json-file' },
  { name: 'com.amazonaws.ecs.capability.logging-driver.awslogs' },
  { name: 'com.amazonaws.ecs.capability.logging-driver.none' },
  { name: 'ecs.capability.container-health-check' },
  { name: 'ecs.capability.container-ordering' },
  { name: 'ecs.capability.external' },
  { name: 'ecs.os-type', value: 'linux' },
  { name: 'ecs.os-family', value: 'LINUX' },
  { name: 'ecs.cpu-architecture', value: 'x86_64' },
];

export const agentResources = (cpuUnits = 2048, memoryMiB = 4096) => [
  { name: 'CPU', type: 'INTEGER', integerValue: cpuUnits },
  { name: 'MEMORY', type: 'INTEGER', integerValue: memoryMiB },
  { name: 'PORTS', type: 'STRINGSET', stringSetValue: ['22', '2375', '2376', '51678', '51679'] },
  { name: 'PORTS_UDP', type: 'STRINGSET', stringSetValue: [] },
];

/** Registers one and answers it as the API did. */
export async function registerInstance(client: ECSClient, input: RegisterContainerInstanceCommandInput = {}) {
  const { containerInstance } = await client.send(
    new RegisterContainerInstanceCommand({
      instanceIdentityDocument: '',
      instanceIdentityDocumentSignature: '',
      totalResources: agentResources(),
      attributes: [...agentAttributes],
      ...input,
    }),
  );
  return containerInstance!;
}
