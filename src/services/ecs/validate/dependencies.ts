/**
 * What containers of a task say of each other: dependsOn, links and volumesFrom. All three make an order of starting,
 * so none of them may run in a circle.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html
 */
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import { dependencyConditions } from '#model/agent-messages.ts';
import type { NetworkMode } from '#model/rows.ts';
import { clientException } from '../errors.ts';
import { badSetting } from './check.ts';

type ByName = ReadonlyMap<string, ContainerDefinition>;

/** The container that a link (`name` or `name:alias`) points at. */
const linkTarget = (link: string) => link.split(':', 1)[0]!;

function checkDependsOn(container: ContainerDefinition, byName: ByName): void {
  for (const { containerName, condition } of container.dependsOn ?? []) {
    const target = byName.get(containerName ?? '');
    if (!target) throw clientException(`Cannot depend on container + '${containerName}' because it does not exist`);
    if (target === container) throw clientException(`Container '${container.name}' cannot depend on itself`);
    if (!(dependencyConditions as readonly string[]).includes(condition ?? '')) {
      throw clientException(
        `Invalid dependency condition '${condition}'. Must be one of [${dependencyConditions.join(',')}]`,
      );
    }
    if ((condition === 'SUCCESS' || condition === 'COMPLETE') && target.essential) {
      throw clientException(
        'A dependency container with SUCCESS or COMPLETE condition cannot be an essential container',
      );
    }
    if (condition === 'HEALTHY' && !target.healthCheck) {
      throw clientException('A dependency container with HEALTHY condition must have health check configured');
    }
  }
}

function checkLinks(container: ContainerDefinition, byName: ByName, mode: NetworkMode): void {
  const links = container.links ?? [];
  if (links.length > 0 && mode !== 'bridge') {
    throw clientException(`Links are not supported when networkMode=${mode}.`);
  }
  for (const link of links) {
    if (!/^[a-zA-Z0-9_-]{1,255}(:[a-zA-Z0-9_.-]{1,255})?$/.test(link)) {
      throw badSetting(container.name!, 'links', `Invalid link '${link}'.`);
    }
    const target = byName.get(linkTarget(link));
    if (!target) throw badSetting(container.name!, 'links', `Unknown container '${linkTarget(link)}'.`);
    if (target === container) throw clientException('Container links should not have a cycle');
  }
}

function checkVolumesFrom(container: ContainerDefinition, byName: ByName): void {
  for (const { sourceContainer } of container.volumesFrom ?? []) {
    const target = byName.get(sourceContainer ?? '');
    if (!target) throw badSetting(container.name!, 'volumesFrom', `Unknown container '${sourceContainer}'.`);
    if (target === container) throw badSetting(container.name!, 'volumesFrom', 'A container cannot name itself.');
  }
}

/** True when following `next` from any name comes back to it. */
function hasCycle(names: Iterable<string>, next: (name: string) => readonly string[]): boolean {
  const state = new Map<string, 'open' | 'done'>();
  const visit = (name: string): boolean => {
    const known = state.get(name);
    if (known) return known === 'open';
    state.set(name, 'open');
    const found = next(name).some(visit);
    state.set(name, 'done');
    return found;
  };
  return [...names].some(visit);
}

export function checkDependencies(containers: readonly ContainerDefinition[], mode: NetworkMode): void {
  const byName = new Map(containers.map((container) => [container.name!, container]));
  for (const container of containers) {
    checkDependsOn(container, byName);
    checkLinks(container, byName, mode);
    checkVolumesFrom(container, byName);
  }
  const links = (name: string) => (byName.get(name)!.links ?? []).map(linkTarget);
  const volumes = (name: string) => (byName.get(name)!.volumesFrom ?? []).map((from) => from.sourceContainer!);
  const waits = (name: string) => (byName.get(name)!.dependsOn ?? []).map((dependency) => dependency.containerName!);
  if (hasCycle(byName.keys(), links)) throw clientException('Container links should not have a cycle');
  if (hasCycle(byName.keys(), (name) => [...waits(name), ...links(name), ...volumes(name)])) {
    throw clientException('Container dependencies should not have a cycle');
  }
}
