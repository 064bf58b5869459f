/** Tags of secrets. */
import type { Tag } from '@aws-sdk/client-secrets-manager';
import { Constraints } from '#protocol/constraints.ts';
import { invalidParameter, limitExceeded } from './errors.ts';

const MAX_TAGS = 50;

export const tagsOf = (tags: readonly Tag[] | undefined): Record<string, string> =>
  Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));

export function mergeTags(
  tags: Readonly<Record<string, string>>,
  added: readonly Tag[] | undefined,
): Record<string, string> {
  const check = new Constraints();
  for (const [at, { Key, Value }] of (added ?? []).entries()) {
    check
      .text(`tags.${at + 1}.member.key`, Key, { min: 1, max: 128 })
      .text(`tags.${at + 1}.member.value`, Value, { max: 256 });
  }
  check.check();
  if (added?.some(({ Key }) => Key === undefined)) throw invalidParameter('Tag keys must not be null.');
  if (added?.some(({ Key }) => /^aws:/i.test(Key!))) {
    throw invalidParameter('Tag keys that begin with aws: are reserved.');
  }
  const merged = { ...tags, ...tagsOf(added) };
  if (Object.keys(merged).length > MAX_TAGS) throw limitExceeded('A secret can have at most 50 tags.');
  return merged;
}
