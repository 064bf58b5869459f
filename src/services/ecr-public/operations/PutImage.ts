import type { PutImageCommandInput, PutImageCommandOutput } from '@aws-sdk/client-ecr-public';
import { checkPutImage, putImageByManifest } from '#images/api/put-image-by-manifest.ts';
import type { PublicOperation } from '../context.ts';
import { requireRepository } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_PutImage.html */
export const PutImage: PublicOperation<PutImageCommandInput, PutImageCommandOutput> = async (ctx, input) => {
  checkPutImage(input);
  return { image: await putImageByManifest(ctx, requireRepository(ctx.store, ctx, input), input) };
};
