/**
 * Port mappings of a task's containers.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
 */
import type { ContainerDefinition, PortMapping } from '@aws-sdk/client-ecs';
import type { NetworkMode } from '#model/rows.ts';
import { clientException } from '../errors.ts';
import { badSetting, compact, firstDuplicate, isWhole } from './check.ts';

const maxPort = 65_535;
const maxMappings = 100;
const namePattern = /^[a-z0-9_][a-z0-9_-]{0,63}$/;

function checkRange(container: string, text: string): void {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || !isWhole(first, 1, maxPort) || !isWhole(last, 1, maxPort) || first >= last) {
    throw clientException(`Invalid 'containerPortRange' setting for container '${container}'.`);
  }
}

function checkMapping(container: string, mapping: PortMapping, mode: NetworkMode): PortMapping {
  const { containerPort, containerPortRange, hostPort, name, appProtocol } = mapping;
  const protocol = mapping.protocol ?? 'tcp';
  const bad = (why: string) => badSetting(container, 'portMappings', why);
  if (protocol !== 'tcp' && protocol !== 'udp') throw bad(`Unknown protocol: ${protocol}.`);
  if (name !== undefined && !namePattern.test(name)) throw bad(`Invalid port mapping name '${name}'.`);
  if (appProtocol !== undefined) {
    if (!['http', 'http2', 'grpc'].includes(appProtocol)) throw bad(`Unknown appProtocol: ${appProtocol}.`);
    if (name === undefined) throw bad("'name' must be specified when 'appProtocol' is.");
  }
  if (containerPortRange !== undefined) {
    if (containerPort !== undefined || hostPort !== undefined) {
      throw bad('Cannot specify both single port and port range.');
    }
    if (mode === 'host') throw bad("'containerPortRange' is not supported when networkMode=host.");
    checkRange(container, containerPortRange);
    return compact({ ...mapping, protocol });
  }
  if (!isWhole(containerPort, 1, maxPort)) {
    throw clientException(`Invalid 'containerPort' setting for container '${container}'.`);
  }
  if (hostPort !== undefined && !isWhole(hostPort, 0, maxPort)) {
    throw clientException(`Invalid 'hostPort' setting for container '${container}'.`);
  }
  const samePort = mode === 'host' || mode === 'awsvpc';
  if (samePort && hostPort !== undefined && hostPort !== containerPort) {
    throw clientException(`When networkMode=${mode}, the host ports and container ports in port mappings must match.`);
  }
  return compact({ ...mapping, hostPort: samePort ? containerPort! : (hostPort ?? 0), protocol });
}

/** Fills in hostPort (0, or the container's port in modes that share a network) and protocol tcp. */
export function checkPortMappings(
  container: string,
  mappings: readonly PortMapping[],
  mode: NetworkMode,
): PortMapping[] {
  if (mappings.length > 0 && mode === 'none') {
    throw clientException('Port mappings are not supported when networkMode=none.');
  }
  if (mappings.length > maxMappings) {
    throw badSetting(container, 'portMappings', `There can be at most ${maxMappings} port mappings.`);
  }
  return mappings.map((mapping) => checkMapping(container, mapping, mode));
}

/** Ports over all containers: a fixed host port, a shared port and a mapping's name can each be used only once. */
export function checkPortsOfTask(containers: readonly ContainerDefinition[], mode: NetworkMode): void {
  const all = containers.flatMap((container) => container.portMappings ?? []);
  const name = firstDuplicate(all.flatMap((mapping) => mapping.name ?? []));
  if (name !== undefined) throw clientException(`The port mapping name ${name} is already used.`);
  const hostPort = firstDuplicate(all.flatMap((m) => (m.hostPort ? `${m.protocol!.toUpperCase()}#${m.hostPort}` : [])));
  if (hostPort !== undefined) {
    const shared = mode === 'awsvpc' ? 'container' : 'host';
    const [protocol, port] = hostPort.split('#');
    throw clientException(`${protocol} ${shared} port '${port}' is mapped multiple times in task.`);
  }
  for (const container of containers) {
    const ranges = (container.portMappings ?? []).flatMap((mapping) => {
      const [first, last] = (mapping.containerPortRange ?? '').split('-').map(Number);
      return last ? [{ first: first!, last, protocol: mapping.protocol! }] : [];
    });
    const overlap = ranges.some((a, i) =>
      ranges.slice(i + 1).some((b) => a.protocol === b.protocol && a.first <= b.last && b.first <= a.last),
    );
    if (overlap) {
      throw badSetting(container.name!, 'portMappings', 'A container port is used multiple times in task.');
    }
  }
}
