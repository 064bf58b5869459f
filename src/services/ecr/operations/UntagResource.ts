import type { UntagResourceCommandInput, UntagResourceCommandOutput } from '@aws-sdk/client-ecr';
import { checkCount, checkTagKey } from '#images/api/validate.ts';
import { repositories } from '#store/tables/ecr.ts';
import type { EcrOperation } from '../context.ts';
import { requireRepositoryOfArn } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UntagResource.html */
export const UntagResource: EcrOperation<UntagResourceCommandInput, UntagResourceCommandOutput> = (ctx, input) => {
  const keys = input.tagKeys!.map(checkTagKey);
  checkCount('tagKeys', keys, 0, 200);
  ctx.store.transact((tx) => {
    const row = requireRepositoryOfArn(tx, ctx, input.resourceArn!);
    const tags = Object.fromEntries(Object.entries(row.tags).filter(([key]) => !keys.includes(key)));
    tx.put(repositories, { ...row, tags });
  });
  return {};
};
