/** The filter that DescribeImages and ListImages share; without a status only images in standard storage are told. */
import type { DescribeImagesFilter } from '@aws-sdk/client-ecr';
import { checkOneOf } from '#images/api/validate.ts';
import type { ImageRow } from '#model/ecr.ts';
import type { View } from '#store/store.ts';
import { imageTags } from '#store/tables/ecr.ts';

const statuses = ['ACTIVE', 'ARCHIVED', 'ACTIVATING', 'ANY'] as const;
export const tagStatuses = ['TAGGED', 'UNTAGGED', 'ANY'] as const;

export function isOfStatus(given: string | undefined, parameter: string): (image: Pick<ImageRow, 'status'>) => boolean {
  const wanted = checkOneOf(parameter, given ?? 'ACTIVE', statuses);
  return (image) => wanted === 'ANY' || image.status === wanted;
}

export function imageFilter(view: View, filter: DescribeImagesFilter | undefined): (image: ImageRow) => boolean {
  const hasStatus = isOfStatus(filter?.imageStatus, 'filter.imageStatus');
  const tagStatus = checkOneOf('filter.tagStatus', filter?.tagStatus ?? 'ANY', tagStatuses);
  return (image) => {
    if (!hasStatus(image)) return false;
    if (tagStatus === 'ANY') return true;
    const isTagged = view.count(imageTags, 'byImage', image.key) > 0;
    return isTagged === (tagStatus === 'TAGGED');
  };
}
