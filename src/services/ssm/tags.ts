/** Tags of parameters. */
import type { Tag } from '@aws-sdk/client-ssm';
import { Constraints } from '#protocol/constraints.ts';
import { tooManyTags, validation } from './errors.ts';

const MAX_TAGS = 50;

export const tagsOf = (tags: readonly Tag[] | undefined): Record<string, string> =>
  Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));

export function mergeTags(
  tags: Readonly<Record<string, string>>,
  added: readonly Tag[] | undefined,
): Record<string, string> {
  const check = new Constraints();
  const pattern = '([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)';
  for (const [at, { Key, Value }] of (added ?? []).entries()) {
    check
      .text(`tags.${at + 1}.member.key`, Key, { min: 1, max: 128, pattern })
      .text(`tags.${at + 1}.member.value`, Value, { max: 256, pattern });
  }
  check.check();
  if (added?.some(({ Key }) => /^aws:/i.test(Key!))) throw validation('Tag keys cannot begin with aws:.');
  const merged = { ...tags, ...tagsOf(added) };
  if (Object.keys(merged).length > MAX_TAGS) throw tooManyTags();
  return merged;
}
