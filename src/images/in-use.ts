/**
 * Which images of a repository something runs or may run at any moment: what live tasks have pulled, and what the image
 * names of ACTIVE task definitions, of services and of live tasks mean now.
 */
import type { RepositoryRow } from '#model/ecr.ts';
import type { TaskDefinitionRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { publicRegistries } from '#store/tables/ecr.ts';
import { services, taskDefinitions, taskSets, tasks } from '#store/tables/ecs.ts';
import { findTag } from './delete-image.ts';
import { parseImageName } from './image-name.ts';

/** How an image name may write the repository behind its host; `imagePath` in store/tables/ecs.ts is the other end. */
function pathsOf(view: View, { kind, account, region, name }: RepositoryRow): string[] {
  if (kind === 'private') {
    return [name, `${account}.${region}/${name}`, `${account}.dkr.ecr.${region}.amazonaws.com/${name}`];
  }
  const aliases = view.get(publicRegistries, account)?.aliases ?? [];
  return aliases.flatMap((alias) => [`${alias.name}/${name}`, `public.ecr.aws/${alias.name}/${name}`]);
}

function isInUse(view: View, definition: TaskDefinitionRow): boolean {
  if (definition.status === 'ACTIVE') return true;
  if (view.count(services, 'byTaskDefinition', definition.arn) > 0) return true;
  if (view.count(taskSets, 'byTaskDefinition', definition.arn) > 0) return true;
  for (const task of view.find(tasks, 'byTaskDefinition', definition.arn))
    if (task.lastStatus !== 'STOPPED') return true;
  return false;
}

/** Digests. Names that could mean this repository count, also where another one of the same name is meant. */
export function imagesInUse(view: View, repository: RepositoryRow): Set<string> {
  const digests = new Set<string>();
  for (const path of pathsOf(view, repository)) {
    for (const definition of view.find(taskDefinitions, 'byImagePath', path)) {
      if (!isInUse(view, definition)) continue;
      for (const { image } of definition.containerDefinitions) {
        const named = parseImageName(image ?? '');
        if (named?.path !== path) continue;
        const digest = named.digest ?? findTag(view, repository.arn, named.tag ?? 'latest')?.digest;
        if (digest !== undefined) digests.add(digest);
      }
      for (const task of view.find(tasks, 'byTaskDefinition', definition.arn)) {
        if (task.lastStatus === 'STOPPED') continue;
        for (const { imageDigest } of task.containers) if (imageDigest !== undefined) digests.add(imageDigest);
      }
    }
  }
  return digests;
}

/** Clusters with a task that has pulled one of the digests of the repository and has not stopped. */
export function clustersRunning(view: View, repository: RepositoryRow, digests: ReadonlySet<string>): Set<string> {
  const clusters = new Set<string>();
  for (const path of pathsOf(view, repository)) {
    for (const definition of view.find(taskDefinitions, 'byImagePath', path)) {
      for (const task of view.find(tasks, 'byTaskDefinition', definition.arn)) {
        if (task.lastStatus === 'STOPPED') continue;
        if (task.containers.some((one) => digests.has(one.imageDigest ?? ''))) clusters.add(task.clusterArn);
      }
    }
  }
  return clusters;
}
