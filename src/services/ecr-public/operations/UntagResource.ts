import type { UntagResourceCommandInput, UntagResourceCommandOutput } from '@aws-sdk/client-ecr-public';
import { checkTagKey } from '#images/api/validate.ts';
import { repositories } from '#store/tables/ecr.ts';
import type { PublicOperation } from '../context.ts';
import { requireRepositoryOfArn } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_UntagResource.html */
export const UntagResource: PublicOperation<UntagResourceCommandInput, UntagResourceCommandOutput> = (ctx, input) => {
  const keys = input.tagKeys!.map(checkTagKey);
  ctx.store.transact((tx) => {
    const row = requireRepositoryOfArn(tx, input.resourceArn!);
    const tags = Object.fromEntries(Object.entries(row.tags).filter(([key]) => !keys.includes(key)));
    tx.put(repositories, { ...row, tags });
  });
  return {};
};
