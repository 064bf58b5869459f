/**
 * What a lifecycle policy does to the images of a repository. Pure.
 *
 * - All rules look at all images; then each image is acted on by at most one: the one with the lowest number whose tag
 *   selection it matches, in its storage class. The others still count it.
 * - An image that an index lists, or that refers to another one of the repository, is chosen by no rule. It goes with the
 *   index (unless another index keeps it, or it has tags of its own) and with its subject.
 * - What is in use, and every index above it, stays; with it what refers to it.
 *
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html#lp_evaluation_rules
 */
import { matchesWildcard } from '../wildcard.ts';
import type { LifecycleRule } from './policy.ts';

export interface LifecycleImage {
  readonly digest: string;
  readonly tags: readonly string[];
  readonly pushedAt: number;
  readonly lastPulledAt?: number;
  readonly isArchived: boolean;
  readonly archivedAt?: number;
  /** When it was last restored from the archive. */
  readonly activatedAt?: number;
  readonly children: readonly string[];
  readonly subjectDigest?: string;
}

export interface LifecycleAction {
  readonly image: LifecycleImage;
  readonly action: LifecycleRule['action'];
  readonly rulePriority: number;
  /** Digest of the image that the rule chose: the image itself, or the one that it goes with. */
  readonly chosen: string;
}

const dayMs = 24 * 3_600_000;

const ageFrom = (image: LifecycleImage) => image.activatedAt ?? image.pushedAt;

/** Never pulled, or not since it was restored: then from that time. */
function pulledFrom(image: LifecycleImage): number {
  const since = ageFrom(image);
  return image.lastPulledAt === undefined ? since : Math.max(image.lastPulledAt, image.activatedAt ?? 0);
}

function matchesTags(rule: LifecycleRule, image: LifecycleImage): boolean {
  if (rule.tagStatus === 'any') return true;
  if (rule.tagStatus === 'untagged') return image.tags.length === 0;
  return (
    image.tags.length > 0 &&
    rule.tagPatterns.every((pattern) => image.tags.some((tag) => matchesWildcard(pattern, tag)))
  );
}

const newestFirst = (a: LifecycleImage, b: LifecycleImage) => ageFrom(b) - ageFrom(a) || (a.digest < b.digest ? -1 : 1);

/** Those of the matching images that the rule's count is about. */
function chosenBy(rule: LifecycleRule, matching: readonly LifecycleImage[], nowMs: number): readonly LifecycleImage[] {
  const before = nowMs - rule.countNumber * dayMs;
  switch (rule.countType) {
    case 'imageCountMoreThan':
      return [...matching].sort(newestFirst).slice(rule.countNumber);
    case 'sinceImagePushed':
      return matching.filter((image) => ageFrom(image) <= before);
    case 'sinceImagePulled':
      return matching.filter((image) => pulledFrom(image) <= before);
    case 'sinceImageTransitioned':
      return matching.filter((image) => (image.archivedAt ?? nowMs) <= before);
  }
}

/** Digests of what is in use and of all indexes above it. */
function protect(images: readonly LifecycleImage[], inUse: ReadonlySet<string>): Set<string> {
  const kept = new Set(inUse);
  for (let grown = true; grown; ) {
    grown = false;
    for (const { digest, children } of images) {
      if (kept.has(digest) || !children.some((child) => kept.has(child))) continue;
      kept.add(digest);
      grown = true;
    }
  }
  return kept;
}

class Family {
  readonly #byDigest: ReadonlyMap<string, LifecycleImage>;
  readonly #parents = new Map<string, string[]>();
  readonly #referrers = new Map<string, LifecycleImage[]>();

  constructor(images: readonly LifecycleImage[]) {
    this.#byDigest = new Map(images.map((image) => [image.digest, image]));
    for (const image of images) {
      for (const child of new Set(image.children)) append(this.#parents, child, image.digest);
      if (image.subjectDigest !== undefined) append(this.#referrers, image.subjectDigest, image);
    }
  }

  /** Goes with others, so that no rule chooses it by itself. */
  isDependent(image: LifecycleImage): boolean {
    return this.#parents.has(image.digest) || this.#byDigest.has(image.subjectDigest ?? '');
  }

  /** What goes with an image, when all that `gone` holds goes too. */
  followers(image: LifecycleImage, gone: ReadonlyMap<string, unknown>): LifecycleImage[] {
    const children = image.children
      .map((digest) => this.#byDigest.get(digest))
      .filter((child) => child !== undefined)
      .filter((child) => child.tags.length === 0)
      .filter((child) => this.#parents.get(child.digest)!.every((parent) => gone.has(parent)));
    return [...children, ...(this.#referrers.get(image.digest) ?? [])];
  }
}

function append<V>(lists: Map<string, V[]>, key: string, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Oldest first, each followed by what goes with it: the list may be done in parts that do not cut `chosen` in two. */
export function evaluateLifecycle(
  rules: readonly LifecycleRule[],
  images: readonly LifecycleImage[],
  nowMs: number,
  inUse: ReadonlySet<string> = new Set(),
): LifecycleAction[] {
  const family = new Family(images);
  const kept = protect(images, inUse);
  const free = images.filter((image) => !family.isDependent(image));
  const claimed = new Set<string>();
  const marked: LifecycleAction[] = [];
  for (const rule of [...rules].sort((a, b) => a.priority - b.priority)) {
    const isOfClass = (image: LifecycleImage) => image.isArchived === (rule.storageClass === 'archive');
    const matching = free.filter((image) => isOfClass(image) && matchesTags(rule, image));
    for (const image of chosenBy(rule, matching, nowMs)) {
      if (claimed.has(image.digest) || kept.has(image.digest)) continue;
      marked.push({ image, action: rule.action, rulePriority: rule.priority, chosen: image.digest });
    }
    for (const image of matching) claimed.add(image.digest);
  }
  marked.sort((a, b) => newestFirst(b.image, a.image));
  return withFollowers(family, marked, kept);
}

/** Each that was chosen, and behind it at once what goes with it and with those before it. */
function withFollowers(
  family: Family,
  marked: readonly LifecycleAction[],
  kept: ReadonlySet<string>,
): LifecycleAction[] {
  const actions = new Map<string, LifecycleAction>();
  for (const chosen of marked) {
    actions.set(chosen.image.digest, chosen);
    for (const parents = [chosen.image]; parents.length > 0; ) {
      for (const follower of family.followers(parents.pop()!, actions)) {
        const isDone = chosen.action === 'TRANSITION' && follower.isArchived;
        if (isDone || actions.has(follower.digest) || kept.has(follower.digest)) continue;
        actions.set(follower.digest, { ...chosen, image: follower });
        parents.push(follower);
      }
    }
  }
  return [...actions.values()];
}
