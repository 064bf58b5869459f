import type { ListTagsForResourceCommandInput, ListTagsForResourceCommandOutput } from '@aws-sdk/client-ssm';
import type { SsmOperation } from '../context.ts';
import { taggedParameter } from '../tagged-parameter.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListTagsForResource.html */
export const ListTagsForResource: SsmOperation<ListTagsForResourceCommandInput, ListTagsForResourceCommandOutput> = (
  ctx,
  input,
) => ({ TagList: Object.entries(taggedParameter(ctx, input).tags).map(([Key, Value]) => ({ Key, Value })) });
