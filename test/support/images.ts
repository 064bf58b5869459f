/** Small images for tests of the registry's APIs, pushed through the layers API as a client of AWS does. */
import { createHash } from 'node:crypto';
import {
  BatchCheckLayerAvailabilityCommand,
  CompleteLayerUploadCommand,
  type ECRClient,
  InitiateLayerUploadCommand,
  PutImageCommand,
  UploadLayerPartCommand,
} from '@aws-sdk/client-ecr';

export const sha256 = (bytes: string | Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export const manifestType = 'application/vnd.oci.image.manifest.v1+json';
export const indexType = 'application/vnd.oci.image.index.v1+json';
export const configType = 'application/vnd.oci.image.config.v1+json';
export const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';

export interface MadeImage {
  readonly manifest: string;
  readonly digest: string;
  readonly blobs: readonly Buffer[];
}

const descriptor = (bytes: string | Uint8Array, mediaType: string) => ({
  mediaType,
  digest: sha256(bytes),
  size: Buffer.byteLength(bytes),
});

/** An image whose bytes depend on `seed` alone. */
export function makeImage(seed: string, extra: Record<string, unknown> = {}): MadeImage {
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', seed }));
  const layer = Buffer.from(`layer of ${seed}`);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: descriptor(config, configType),
    layers: [descriptor(layer, layerType)],
    ...extra,
  });
  return { manifest, digest: sha256(manifest), blobs: [config, layer] };
}

export function makeIndex(images: readonly MadeImage[], extra: Record<string, unknown> = {}): MadeImage {
  const manifests = images.map((image) => descriptor(image.manifest, manifestType));
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests, ...extra });
  return { manifest, digest: sha256(manifest), blobs: [] };
}

export async function uploadLayer(ecr: ECRClient, repositoryName: string, bytes: Buffer): Promise<string> {
  const layerDigest = sha256(bytes);
  const layerDigests = [layerDigest];
  const known = await ecr.send(new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests }));
  if (known.layers?.[0]?.layerAvailability === 'AVAILABLE') return layerDigest;
  const { uploadId } = await ecr.send(new InitiateLayerUploadCommand({ repositoryName }));
  await ecr.send(
    new UploadLayerPartCommand({
      repositoryName,
      uploadId: uploadId!,
      partFirstByte: 0,
      partLastByte: bytes.length - 1,
      layerPartBlob: bytes,
    }),
  );
  await ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId: uploadId!, layerDigests }));
  return layerDigest;
}

/** Answers the digest. */
export async function pushImage(
  ecr: ECRClient,
  repositoryName: string,
  image: MadeImage,
  imageTag?: string,
): Promise<string> {
  for (const blob of image.blobs) await uploadLayer(ecr, repositoryName, blob);
  await ecr.send(
    new PutImageCommand({ repositoryName, imageManifest: image.manifest, ...(imageTag !== undefined && { imageTag }) }),
  );
  return image.digest;
}
