import type { PutImageCommandInput, PutImageCommandOutput } from '@aws-sdk/client-ecr';
import { checkPutImage, putImageByManifest } from '#images/api/put-image-by-manifest.ts';
import type { EcrOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html */
export const PutImage: EcrOperation<PutImageCommandInput, PutImageCommandOutput> = async (ctx, input) => {
  checkPutImage(input);
  return { image: await putImageByManifest(ctx, requireRepository(ctx.store, ctx, input), input) };
};
