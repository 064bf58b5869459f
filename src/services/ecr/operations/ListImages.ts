import type { ImageIdentifier, ListImagesCommandInput, ListImagesCommandOutput } from '@aws-sdk/client-ecr';
import { paginate } from '#images/api/pagination.ts';
import type { ImageRow, RepositoryRow } from '#model/ecr.ts';
import type { View } from '#store/store.ts';
import { images, imageTags } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { imageFilter } from '../image-filter.ts';
import { requireRepository } from '../resolve.ts';

/** `key`: `<image key> <tag>`, the tag empty for an untagged image; tags have no spaces. */
interface Entry {
  readonly key: string;
  readonly id: ImageIdentifier;
}

function* entriesOf(view: View, image: ImageRow, afterTag: string): Generator<Entry> {
  const after = afterTag === '' ? undefined : `${image.repositoryArn}:${afterTag}`;
  for (const { tag } of view.find(imageTags, 'byImage', image.key, after)) {
    yield { key: `${image.key} ${tag}`, id: { imageDigest: image.digest, imageTag: tag } };
  }
  if (afterTag === '' && view.count(imageTags, 'byImage', image.key) === 0) {
    yield { key: `${image.key} `, id: { imageDigest: image.digest } };
  }
}

/** Images in the order of their digests, each with its tags in theirs; `after` is the key of an entry. */
function* walk(
  view: View,
  repository: RepositoryRow,
  keep: (image: ImageRow) => boolean,
  after: string | undefined,
): Generator<Entry> {
  const [key, tag = ''] = after?.split(' ') ?? [];
  const started = key === undefined || tag === '' ? undefined : view.get(images, key);
  if (started && keep(started)) yield* entriesOf(view, started, tag);
  for (const image of view.find(images, 'byRepository', repository.arn, key)) {
    if (keep(image)) yield* entriesOf(view, image, '');
  }
}

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImages.html */
export const ListImages: EcrOperation<ListImagesCommandInput, ListImagesCommandOutput> = (ctx, input) => {
  const keep = imageFilter(ctx.store, input.filter);
  const repository = requireRepository(ctx.store, ctx, input);
  const page = paginate({
    request: input,
    walk: (after) => walk(ctx.store, repository, keep, after),
    key: (entry) => entry.key,
    toItem: (entry) => entry.id,
  });
  return { imageIds: page.items, ...(page.nextToken !== undefined && { nextToken: page.nextToken }) };
};
