/** What both services have that do the same operations: ECR and ECR Public. */
import type { RequestContext } from '#protocol/service.ts';
import type { Session } from '#store/store.ts';
import type { BlobGateway } from '../blob-gateway.ts';
import type { ImageLimits } from '../blobs.ts';
import type { LayerDeps } from '../layer-uploads.ts';

export type ImagesContext = RequestContext<{ readonly blobs: BlobGateway; readonly limits?: ImageLimits }, Session>;

export const layerDeps = (ctx: ImagesContext): LayerDeps => ({
  store: ctx.store,
  clock: ctx.clock,
  blobs: ctx.deps.blobs,
});
