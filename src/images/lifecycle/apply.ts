/** A lifecycle policy over the rows of a repository: what it would do, and doing it. */
import type { RepositoryRow } from '#model/ecr.ts';
import type { Tx, View } from '#store/store.ts';
import { imagePulls, images } from '#store/tables/ecr.ts';
import type { ImageDeps } from '../blobs.ts';
import { deleteImage, findImage, tagsOf } from '../delete-image.ts';
import { imagesInUse } from '../in-use.ts';
import { archiveImage } from '../storage-class.ts';
import { evaluateLifecycle, type LifecycleAction, type LifecycleImage } from './evaluate.ts';
import { type LifecycleRule, type PolicyOptions, parseLifecyclePolicy } from './policy.ts';

/**
 * Tags of a repository that switch on what ECR does not have; `true` is on. With the first, nothing that a running task,
 * a service or an ACTIVE task definition uses is ever expired or archived; with the second, rules of `sinceImagePulled`
 * may expire.
 */
export const keepInUseTag = 'slipway:keep-images-in-use';
export const expireByLastPullTag = 'slipway:expire-by-last-pull';

const isOn = (tags: Readonly<Record<string, string>>, tag: string) => tags[tag]?.toLowerCase() === 'true';

export const policyOptions = (tags: Readonly<Record<string, string>>): PolicyOptions => ({
  expireByLastPull: isOn(tags, expireByLastPullTag),
});

function* lifecycleImages(view: View, repositoryArn: string): Generator<LifecycleImage> {
  for (const row of view.find(images, 'byRepository', repositoryArn)) {
    const lastPulledAt = view.get(imagePulls, row.key)?.lastPulledAt;
    yield {
      digest: row.digest,
      tags: tagsOf(view, row),
      pushedAt: row.pushedAt,
      ...(lastPulledAt !== undefined && { lastPulledAt }),
      isArchived: row.status === 'ARCHIVED',
      ...(row.archivedAt !== undefined && { archivedAt: row.archivedAt }),
      ...(row.activatedAt !== undefined && { activatedAt: row.activatedAt }),
      children: row.children.map((child) => child.digest),
      ...(row.subjectDigest !== undefined && { subjectDigest: row.subjectDigest }),
    };
  }
}

export function planLifecycle(
  view: View,
  repository: RepositoryRow,
  rules: readonly LifecycleRule[],
  nowMs: number,
): LifecycleAction[] {
  const inUse = isOn(repository.tags, keepInUseTag) ? imagesInUse(view, repository) : undefined;
  return evaluateLifecycle(rules, [...lifecycleImages(view, repository.arn)], nowMs, inUse);
}

/** More: a transaction holds the event loop longer; fewer: large repositories are read more often. */
const maxPerRun = 5_000;

/** As many as one transaction should do, never a part of what goes together. */
function firstPart(actions: readonly LifecycleAction[]): readonly LifecycleAction[] {
  const cut = actions.findIndex((one, at) => at >= maxPerRun && one.chosen !== actions[at - 1]!.chosen);
  return cut < 0 ? actions : actions.slice(0, cut);
}

/**
 * Does what the repository's policy says now, or the first part of it. A policy that its repository's tags allow no more
 * does nothing.
 */
export function runLifecycle(
  tx: Tx,
  deps: ImageDeps,
  repository: RepositoryRow,
): { readonly done: readonly LifecycleAction[]; readonly isAll: boolean } {
  const text = repository.lifecyclePolicyText;
  const rules = text === undefined ? [] : parseLifecyclePolicy(text, policyOptions(repository.tags));
  if ('problem' in rules) return { done: [], isAll: true };
  const actions = planLifecycle(tx, repository, rules, deps.clock.now());
  const done = firstPart(actions);
  for (const { image, action } of done) {
    const row = findImage(tx, repository.arn, image.digest)!;
    if (action === 'EXPIRE') deleteImage(tx, row);
    else archiveImage(tx, deps, row);
  }
  return { done, isAll: done.length === actions.length };
}
