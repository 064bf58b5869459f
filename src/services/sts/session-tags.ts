/**
 * Session tags: those that a request passes, and those that it inherits along a chain of roles.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 */
import type { Tag } from '@aws-sdk/client-sts';
import { Constraints } from '#protocol/constraints.ts';
import type { SessionFacts } from '#protocol/service.ts';
import { invalidParameterValue, validationError } from './errors.ts';

export interface SessionTags {
  /** All that the session will have. */
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
}

interface TagInput {
  readonly Tags?: readonly Tag[] | undefined;
  readonly TransitiveTagKeys?: readonly string[] | undefined;
}

const tagText = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]';
const maxTags = 50;

/** The tags that a caller hands on because they were marked so. Keys have no case. */
export function inheritedTags(session: SessionFacts | undefined): SessionTags {
  const transitiveTagKeys = session?.transitiveTagKeys ?? [];
  const wanted = new Set(transitiveTagKeys.map((key) => key.toLowerCase()));
  const entries = Object.entries(session?.tags ?? {}).filter(([key]) => wanted.has(key.toLowerCase()));
  return { tags: Object.fromEntries(entries), transitiveTagKeys };
}

/** As the request passes them, unchecked: for the question whether it may. */
export const requestedTags = ({ Tags }: TagInput): Record<string, string> =>
  Object.fromEntries((Tags ?? []).map(({ Key, Value }) => [String(Key), String(Value)]));

function checkTexts(list: readonly Tag[]): void {
  const constraints = new Constraints().size('tags', list.length, { max: maxTags });
  list.forEach(({ Key, Value }, index) => {
    constraints
      .text(`tags.${index + 1}.member.key`, Key, { min: 1, max: 128, pattern: `${tagText}+` })
      .text(`tags.${index + 1}.member.value`, Value, { max: 256, pattern: `${tagText}*` });
  });
  constraints.check('ValidationError');
}

/** What the new session has, or STS's refusal of what was passed. */
export function sessionTags(input: TagInput, session: SessionFacts | undefined): SessionTags {
  const list = input.Tags ?? [];
  checkTexts(list);
  if (list.some(({ Key }) => Key!.toLowerCase().startsWith('aws:'))) {
    throw validationError('System tags cannot be passed as session tags: a tag key must not begin with aws:');
  }
  const keys = new Set(list.map(({ Key }) => Key!.toLowerCase()));
  if (keys.size < list.length) {
    throw invalidParameterValue('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
  }
  const asked = input.TransitiveTagKeys ?? [];
  if (!asked.every((key) => keys.has(key.toLowerCase()))) {
    throw invalidParameterValue('The specified transitive tag key must be included in the requested tags.');
  }
  const inherited = inheritedTags(session);
  if (inherited.transitiveTagKeys.some((key) => keys.has(key.toLowerCase()))) {
    throw invalidParameterValue(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    );
  }
  return {
    tags: { ...inherited.tags, ...requestedTags(input) },
    transitiveTagKeys: [...inherited.transitiveTagKeys, ...asked],
  };
}
