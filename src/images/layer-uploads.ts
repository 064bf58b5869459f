/**
 * The layers API: a blob that arrives in parts through the AWS API instead of the OCI routes. Private and public ECR
 * share it. What is refused is a value; each service has its own words for it.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UploadLayerPart.html
 */
import type { LayerUploadRow } from '#model/ecr-registry.ts';
import type { Session } from '#store/store.ts';
import { layerUploads, repositories } from '#store/tables/ecr.ts';
import type { BlobGateway } from './blob-gateway.ts';
import { BlobError } from './blob-gateway.ts';
import { promiseBlobs } from './blob-promises.ts';
import { type ImageDeps, isBlobIn, linkBlob } from './blobs.ts';

export interface LayerDeps extends ImageDeps {
  readonly store: Session;
  readonly blobs: BlobGateway;
}

/** What clients are told to cut layers into; larger parts are taken as far as a request's body may be large. */
export const layerPartBytes = 10 * 2 ** 20;
/** Every part but the last one has to be this large. */
export const minLayerPartBytes = 5 * 2 ** 20;

export type LayerRefusal =
  | { readonly refused: 'UPLOAD_NOT_FOUND' | 'EMPTY_UPLOAD' | 'PART_TOO_SMALL' | 'DIGEST_MISMATCH' | 'LAYER_EXISTS' }
  /** `lastByteReceived` is -1 when nothing has been received. */
  | { readonly refused: 'INVALID_PART'; readonly lastByteReceived: number };

export async function startLayerUpload(deps: LayerDeps, repositoryArn: string): Promise<LayerUploadRow> {
  const id = await deps.blobs.startUpload();
  return deps.store.transact((tx) =>
    tx.insert(layerUploads, {
      id,
      repositoryArn,
      createdAt: deps.clock.now(),
      receivedBytes: 0,
      lastPartBytes: 0,
      hasSmallPart: false,
    }),
  );
}

function findUpload(deps: LayerDeps, repositoryArn: string, id: string): LayerUploadRow | undefined {
  const upload = deps.store.get(layerUploads, id);
  return upload?.repositoryArn === repositoryArn ? upload : undefined;
}

const gone = { refused: 'UPLOAD_NOT_FOUND' } as const;

export async function uploadLayerPart(
  deps: LayerDeps,
  part: {
    readonly repositoryArn: string;
    readonly uploadId: string;
    readonly firstByte: number;
    readonly lastByte: number;
    readonly bytes: Uint8Array;
  },
): Promise<{ readonly refused?: undefined; readonly lastByteReceived: number } | LayerRefusal> {
  const upload = findUpload(deps, part.repositoryArn, part.uploadId);
  if (!upload) return gone;
  const { bytes, firstByte, lastByte } = part;
  const invalid = (receivedBytes: number) =>
    ({ refused: 'INVALID_PART', lastByteReceived: receivedBytes - 1 }) as const;
  const isWhole = bytes.byteLength > 0 && lastByte - firstByte + 1 === bytes.byteLength;
  if (!isWhole || firstByte !== upload.receivedBytes) return invalid(upload.receivedBytes);
  let received: number;
  try {
    received = await deps.blobs.append(upload.id, firstByte, Buffer.from(bytes));
  } catch (error) {
    if (!(error instanceof BlobError)) throw error;
    if (error.reason === 'offset') return invalid(error.sizeBytes ?? upload.receivedBytes);
    if (error.reason === 'unknown upload') return gone;
    throw error;
  }
  deps.store.transact((tx) => {
    if (!tx.get(layerUploads, upload.id)) return;
    tx.update(layerUploads, upload.id, (row) => ({
      ...row,
      receivedBytes: received,
      lastPartBytes: bytes.byteLength,
      hasSmallPart: row.hasSmallPart || (row.receivedBytes > 0 && row.lastPartBytes < minLayerPartBytes),
    }));
  });
  return { lastByteReceived: received - 1 };
}

/** The upload is a blob of the repository from now on. After a refusal, other than of small parts, it is gone. */
export async function completeLayerUpload(
  deps: LayerDeps,
  request: { readonly repositoryArn: string; readonly uploadId: string; readonly digest: string },
): Promise<{ readonly refused?: undefined; readonly digest: string; readonly sizeBytes: number } | LayerRefusal> {
  const { repositoryArn, uploadId, digest } = request;
  const upload = findUpload(deps, repositoryArn, uploadId);
  if (!upload) return gone;
  if (upload.receivedBytes === 0) return { refused: 'EMPTY_UPLOAD' };
  if (upload.hasSmallPart) return { refused: 'PART_TOO_SMALL' };
  const forget = () => deps.store.transact((tx) => tx.delete(layerUploads, uploadId));
  if (isBlobIn(deps.store, repositoryArn, digest)) {
    promiseBlobs(deps, repositoryArn, [digest]);
    await deps.blobs.abort(uploadId);
    forget();
    return { refused: 'LAYER_EXISTS' };
  }
  try {
    const { sizeBytes } = await deps.blobs.finish(uploadId, digest);
    const isLinked = deps.store.transact((tx) => {
      tx.delete(layerUploads, uploadId);
      if (!tx.get(repositories, repositoryArn)) return false;
      linkBlob(tx, deps, { repositoryArn, digest, sizeBytes });
      return true;
    });
    return isLinked ? { digest, sizeBytes } : gone;
  } catch (error) {
    if (!(error instanceof BlobError)) throw error;
    if (error.reason !== 'digest' && error.reason !== 'unknown upload') throw error;
    forget();
    return error.reason === 'digest' ? { refused: 'DIGEST_MISMATCH' } : gone;
  }
}
