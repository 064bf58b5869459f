/** Tags of every ECS resource. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html */
import type { Tag } from '@aws-sdk/client-ecs';
import { invalidParameter } from './errors.ts';

const maxTags = 50;
const maxKeyLength = 128;
const maxValueLength = 256;
const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

function checkKey(key: string | undefined): string {
  if (!key) throw invalidParameter('Tag key must not be null or empty.');
  if (key.length > maxKeyLength) {
    throw invalidParameter(`Tag keys cannot be longer than ${maxKeyLength} characters.`);
  }
  if (/^aws:/i.test(key)) throw invalidParameter("Tag keys cannot start with 'aws:'.");
  if (!allowed.test(key)) throw invalidParameter(`Tag key contains invalid characters: ${key}`);
  return key;
}

/** What a client gives with a request that creates something: checked, values never absent. */
export function newTags(tags: readonly Tag[] | undefined): Tag[] {
  const seen = new Set<string>();
  const checked = (tags ?? []).map((tag) => {
    const key = checkKey(tag.key);
    const value = tag.value ?? '';
    if (value.length > maxValueLength) {
      throw invalidParameter(`Tag values cannot be longer than ${maxValueLength} characters.`);
    }
    if (!allowed.test(value)) throw invalidParameter(`Tag value contains invalid characters: ${value}`);
    if (seen.has(key)) throw invalidParameter(`Duplicate tag keys found: ${key}.`);
    seen.add(key);
    return { key, value };
  });
  checkCount(checked);
  return checked;
}

function checkCount(tags: readonly Tag[]): void {
  const own = tags.filter((tag) => !tag.key?.startsWith('aws:'));
  if (own.length > maxTags) throw invalidParameter(`Tags can not have more than ${maxTags} elements.`);
}

/** The tags after TagResource: given values replace those of the same key. */
export function mergeTags(current: readonly Tag[], given: readonly Tag[] | undefined): Tag[] {
  const merged = new Map(current.map((tag) => [tag.key, tag]));
  for (const tag of newTags(given)) merged.set(tag.key, tag);
  const tags = [...merged.values()];
  checkCount(tags);
  return tags;
}

/** The tags after UntagResource; keys that are not there are ignored. */
export function withoutTags(current: readonly Tag[], keys: readonly string[] | undefined): Tag[] {
  const gone = new Set((keys ?? []).map(checkKey));
  return current.filter((tag) => !gone.has(tag.key!));
}
