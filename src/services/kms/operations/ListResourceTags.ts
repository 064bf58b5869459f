import type { ListResourceTagsCommandInput, ListResourceTagsCommandOutput } from '@aws-sdk/client-kms';
import type { KmsOperation } from '../context.ts';
import { behind, page } from '../pages.ts';
import { resolveKey } from '../resolve.ts';
import { tagsView } from '../views.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListResourceTags.html */
export const ListResourceTags: KmsOperation<ListResourceTagsCommandInput, ListResourceTagsCommandOutput> = (
  ctx,
  input,
) => {
  const key = resolveKey(ctx, input.KeyId);
  const keyOf = ({ TagKey }: { TagKey: string }) => TagKey;
  const { rows, ...rest } = page(
    input,
    { byDefault: 50, max: 50 },
    (after) => behind(tagsView(key.tags), keyOf, after),
    keyOf,
  );
  return { Tags: [...rows], ...rest };
};
