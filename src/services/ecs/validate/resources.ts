/** What an agent says that its host has. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Resource.html */
import type { PlatformDevice, Resource } from '@aws-sdk/client-ecs';
import { invalidParameter } from '../errors.ts';

const types = ['INTEGER', 'DOUBLE', 'LONG', 'STRINGSET'];
const integers = ['CPU', 'MEMORY'];
const sets = ['PORTS', 'PORTS_UDP'];

function checkResource(resource: Resource): Resource {
  const { name, type } = resource;
  if (!name) throw invalidParameter('Resource name can not be blank.');
  if (!type || !types.includes(type)) throw invalidParameter(`Invalid type of resource ${name}: ${type}`);
  if (integers.includes(name) && type !== 'INTEGER') throw invalidParameter(`Resource ${name} must be an INTEGER.`);
  if (sets.includes(name) && type !== 'STRINGSET') throw invalidParameter(`Resource ${name} must be a STRINGSET.`);
  const integerValue = resource.integerValue ?? 0;
  if (!Number.isInteger(integerValue) || integerValue < 0) {
    throw invalidParameter(`Invalid value of resource ${name}: ${integerValue}`);
  }
  return {
    name,
    type,
    doubleValue: resource.doubleValue ?? 0,
    longValue: resource.longValue ?? 0,
    integerValue,
    ...(type === 'STRINGSET' && { stringSetValue: [...new Set(resource.stringSetValue ?? [])] }),
  };
}

const blank = (name: string, type: 'INTEGER' | 'STRINGSET'): Resource =>
  checkResource(type === 'INTEGER' ? { name, type } : { name, type, stringSetValue: [] });

/**
 * Registered resources in AWS's form: CPU, MEMORY, PORTS and PORTS_UDP are always there (agents leave out zeros), GPU
 * devices are a set of their ids.
 */
export function checkResources(
  total: readonly Resource[] | undefined,
  devices: readonly PlatformDevice[] | undefined,
): Resource[] {
  const given = (total ?? []).map(checkResource);
  const names = new Set<string>();
  for (const { name } of given) {
    if (names.has(name!)) throw invalidParameter(`Duplicate resource: ${name}`);
    names.add(name!);
  }
  const gpus = (devices ?? []).map((device) => {
    if (device.type !== 'GPU' || !device.id) throw invalidParameter(`Invalid platform device: ${device.type}`);
    return device.id;
  });
  const missing = [
    ...integers.filter((name) => !names.has(name)).map((name) => blank(name, 'INTEGER')),
    ...sets.filter((name) => !names.has(name)).map((name) => blank(name, 'STRINGSET')),
  ];
  const gpu = gpus.length > 0 && !names.has('GPU') ? [{ ...blank('GPU', 'STRINGSET'), stringSetValue: gpus }] : [];
  return [...given, ...missing, ...gpu];
}
