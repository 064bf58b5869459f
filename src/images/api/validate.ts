/** Constraints that many operations of ECR and ECR Public share, in their words. */

import type { ImageIdentifier, ImageTagMutabilityExclusionFilter } from '@aws-sdk/client-ecr';
import type { TagMutability } from '#model/ecr.ts';
import { isDigest } from '../digest.ts';
import { isRepositoryName, isTagName } from '../image-name.ts';
import { invalidAt, invalidTag, tooManyTags } from './errors.ts';

export function checkLength(parameter: string, text: string, least: number, most: number): void {
  if (text.length < least) throw invalidAt(parameter, `must have length greater than or equal to ${least}`);
  if (text.length > most) throw invalidAt(parameter, `must have length less than or equal to ${most}`);
}

export function checkCount(parameter: string, list: readonly unknown[], least: number, most: number): void {
  if (list.length < least) throw invalidAt(parameter, `Member must have length greater than or equal to ${least}`);
  if (list.length > most) throw invalidAt(parameter, `Member must have length less than or equal to ${most}`);
}

export function checkOneOf<T extends string>(parameter: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) {
    throw invalidAt(parameter, `Member must satisfy enum value set: [${[...allowed].sort().join(', ')}]`);
  }
  return found;
}

export function checkPattern(parameter: string, text: string, pattern: string): void {
  if (!new RegExp(`^(?:${pattern})$`).test(text)) {
    throw invalidAt(parameter, `must satisfy regular expression '${pattern}'`);
  }
}

const namePattern = String.raw`[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*`;

export function checkRepositoryName(name: string, parameter = 'repositoryName'): string {
  checkLength(parameter, name, 2, 256);
  if (!isRepositoryName(name)) {
    throw invalidAt(parameter, `must satisfy regular expression '${namePattern}'`);
  }
  return name;
}

/** An account id; undefined means the caller's own registry. */
export function checkRegistryId(registryId: string | undefined): string | undefined {
  if (registryId !== undefined) checkPattern('registryId', registryId, '[0-9]{12}');
  return registryId;
}

export function checkDigest(parameter: string, digest: string): string {
  if (!isDigest(digest)) throw invalidAt(parameter, "must satisfy regular expression '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'");
  return digest;
}

const tagPattern = '[a-zA-Z0-9_][a-zA-Z0-9-_.]{0,127}';

export function checkTagName(parameter: string, tag: string): string {
  checkLength(parameter, tag, 1, 300);
  if (!isTagName(tag)) throw invalidAt(parameter, `must satisfy regular expression '${tagPattern}'`);
  return tag;
}

/** An identifier that must name something: AWS's message when it names nothing. */
export function checkImageId(id: ImageIdentifier): void {
  if (id.imageDigest === undefined && id.imageTag === undefined) {
    throw invalidAt('imageId', 'must provide either an image digest or an image tag');
  }
  if (id.imageDigest !== undefined) checkDigest('imageId.imageDigest', id.imageDigest);
}

export const tagMutabilities = ['MUTABLE', 'IMMUTABLE', 'IMMUTABLE_WITH_EXCLUSION', 'MUTABLE_WITH_EXCLUSION'] as const;

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageTagMutabilityExclusionFilter.html */
export function checkTagMutability(
  given: string | undefined,
  filters: readonly ImageTagMutabilityExclusionFilter[] | undefined,
): { imageTagMutability: TagMutability; tagMutabilityExclusions: string[] } {
  const imageTagMutability = checkOneOf('imageTagMutability', given ?? 'MUTABLE', tagMutabilities);
  const at = 'imageTagMutabilityExclusionFilters';
  if (!imageTagMutability.endsWith('_WITH_EXCLUSION')) {
    if (filters?.length) {
      throw invalidAt(at, `exclusion filters cannot be specified when imageTagMutability is ${imageTagMutability}`);
    }
    return { imageTagMutability, tagMutabilityExclusions: [] };
  }
  if (!filters?.length) {
    throw invalidAt(at, `exclusion filters must be specified when imageTagMutability is ${imageTagMutability}`);
  }
  checkCount(at, filters, 1, 5);
  const patterns = filters.map((one, index) => {
    const where = `${at}.${index + 1}.member`;
    checkOneOf(`${where}.filterType`, one.filterType ?? '', ['WILDCARD']);
    const filter = one.filter ?? '';
    checkLength(`${where}.filter`, filter, 1, 128);
    checkPattern(`${where}.filter`, filter, '[0-9a-zA-Z._*-]{1,128}');
    if (filter.split('*').length > 3) throw invalidAt(`${where}.filter`, 'must have at most 2 wildcards');
    return filter;
  });
  return { imageTagMutability, tagMutabilityExclusions: [...new Set(patterns)] };
}

export interface GivenTag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

const maxTags = 50;
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export function checkTagKey(key: string): string {
  if (key.length < 1 || key.length > 128) throw invalidTag('Tag keys must have between 1 and 128 characters');
  if (/^aws:/i.test(key)) throw invalidTag("Tag keys cannot start with 'aws:'");
  if (!tagText.test(key)) throw invalidTag(`Tag key '${key}' contains invalid characters`);
  return key;
}

/** Tags as a client gives them, over those that there are. */
export function checkTags(
  given: readonly GivenTag[] | undefined,
  current: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const tags = new Map(Object.entries(current));
  const seen = new Set<string>();
  for (const { Key = '', Value = '' } of given ?? []) {
    checkTagKey(Key);
    if (Value.length > 256) throw invalidTag('Tag values cannot have more than 256 characters');
    if (!tagText.test(Value)) throw invalidTag(`The value of tag '${Key}' contains invalid characters`);
    if (seen.has(Key)) throw invalidTag(`Tag key '${Key}' is given more than once`);
    seen.add(Key);
    tags.set(Key, Value);
  }
  if (tags.size > maxTags) throw tooManyTags(maxTags);
  return Object.fromEntries(tags);
}
