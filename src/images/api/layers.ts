/** The layers API's refusals in AWS's words. */

import type { RepositoryRow } from '#model/ecr.ts';
import type { ServiceError } from '#protocol/service.ts';
import type { LayerRefusal } from '../layer-uploads.ts';
import {
  emptyUpload,
  invalidLayer,
  invalidLayerPart,
  layerExists,
  layerPartTooSmall,
  uploadNotFound,
} from './errors.ts';

export function layerError(
  refusal: LayerRefusal,
  repository: RepositoryRow,
  uploadId: string,
  digest = '',
): ServiceError {
  switch (refusal.refused) {
    case 'UPLOAD_NOT_FOUND':
      return uploadNotFound(repository, uploadId);
    case 'INVALID_PART':
      return invalidLayerPart(repository, uploadId, refusal.lastByteReceived);
    case 'EMPTY_UPLOAD':
      return emptyUpload(repository, uploadId);
    case 'PART_TOO_SMALL':
      return layerPartTooSmall();
    case 'DIGEST_MISMATCH':
      return invalidLayer(digest);
    case 'LAYER_EXISTS':
      return layerExists(repository, digest);
  }
}
