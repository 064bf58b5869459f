/** Which tags of a repository never move. https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html */
import type { RepositoryRow } from '#model/ecr.ts';
import { matchesWildcard } from './wildcard.ts';

export function isTagImmutable(
  repository: Pick<RepositoryRow, 'imageTagMutability' | 'tagMutabilityExclusions'>,
  tag: string,
): boolean {
  const isExcluded = () => repository.tagMutabilityExclusions.some((pattern) => matchesWildcard(pattern, tag));
  switch (repository.imageTagMutability) {
    case 'MUTABLE':
      return false;
    case 'IMMUTABLE':
      return true;
    case 'IMMUTABLE_WITH_EXCLUSION':
      return !isExcluded();
    case 'MUTABLE_WITH_EXCLUSION':
      return isExcluded();
  }
}
