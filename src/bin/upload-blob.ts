/** A blob into a repository through the layers API, in parts as AWS's own clients send them. */
import {
  BatchCheckLayerAvailabilityCommand,
  CompleteLayerUploadCommand,
  type ECRClient,
  InitiateLayerUploadCommand,
  UploadLayerPartCommand,
} from '@aws-sdk/client-ecr';
import { digestOf } from '#images/digest.ts';

/** ECR takes up to 10 MiB. */
const partBytes = 8 * 1024 * 1024;

export interface RepositoryId {
  readonly repositoryName: string;
  readonly registryId?: string;
}

/** Answers the digest; sends nothing when the repository has the blob. */
export async function uploadBlob(ecr: ECRClient, repository: RepositoryId, bytes: Buffer): Promise<string> {
  const digest = digestOf(bytes);
  const layerDigests = [digest];
  const { layers } = await ecr.send(new BatchCheckLayerAvailabilityCommand({ ...repository, layerDigests }));
  if (layers?.[0]?.layerAvailability === 'AVAILABLE') return digest;
  const { uploadId } = await ecr.send(new InitiateLayerUploadCommand(repository));
  for (let first = 0; first < bytes.length; first += partBytes) {
    const layerPartBlob = bytes.subarray(first, first + partBytes);
    const partLastByte = first + layerPartBlob.length - 1;
    await ecr.send(
      new UploadLayerPartCommand({ ...repository, uploadId, partFirstByte: first, partLastByte, layerPartBlob }),
    );
  }
  await ecr.send(new CompleteLayerUploadCommand({ ...repository, uploadId, layerDigests }));
  return digest;
}
