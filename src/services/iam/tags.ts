/** Tags: at most 50, keys are unique without regard to case. */
import type { Tag } from '@aws-sdk/client-iam';
import { invalidInput, limitExceeded } from './errors.ts';
import { pageOf } from './paging.ts';

type Tags = Readonly<Record<string, string>>;

const tagLimit = 50;

/** What a request sets; lengths and characters are checked before. */
export function readTags(tags: readonly Tag[] | undefined): Tags {
  const read = new Map<string, string>();
  const seen = new Set<string>();
  for (const { Key: key, Value: value } of tags ?? []) {
    if (seen.has(key!.toLowerCase()))
      throw invalidInput('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
    if (/^aws:/i.test(key!)) throw invalidInput('One or more of the provided tags are reserved for AWS system use.');
    seen.add(key!.toLowerCase());
    read.set(key!, value!);
  }
  return Object.fromEntries(read);
}

export function mergeTags(old: Tags, tags: readonly Tag[] | undefined): Tags {
  const added = readTags(tags);
  const replaced = new Set(Object.keys(added).map((key) => key.toLowerCase()));
  const kept = Object.entries(old).filter(([key]) => !replaced.has(key.toLowerCase()));
  const merged = Object.fromEntries([...kept, ...Object.entries(added)]);
  if (Object.keys(merged).length > tagLimit) throw limitExceeded('The number of tags has reached the maximum limit.');
  return merged;
}

export function dropTags(old: Tags, keys: readonly string[] | undefined): Tags {
  const dropped = new Set((keys ?? []).map((key) => key.toLowerCase()));
  return Object.fromEntries(Object.entries(old).filter(([key]) => !dropped.has(key.toLowerCase())));
}

export const tagList = (tags: Tags): Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

export function listTags(
  input: { readonly Marker?: string | undefined; readonly MaxItems?: number | undefined },
  tags: Tags,
) {
  const { items, ...page } = pageOf(input, tagList(tags), (tag) => tag.Key!);
  return { Tags: [...items], ...page };
}
