import type { PutImageCommandInput, PutImageCommandOutput } from '@aws-sdk/client-ecr';
import { checkPutImage, putImageByManifest } from '#images/api/put-image-by-manifest.ts';
import type { EcrOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html */
export const PutImage: EcrOperation<PutImageCommandInput, PutImageCommandOutput> = async (ctx, input) => {
  checkPutImage(input);
  const repository = requireRepository(ctx.store, ctx, input);
  const image = await putImageByManifest(ctx, repository, input);
  ctx.deps.usage.count(repository.arn, 'RepositoryPushCount');
  return { image };
};
