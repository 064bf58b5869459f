/** Why a batch operation leaves an image out. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageFailure.html */
import { isDigest } from '../digest.ts';
import { isTagName } from '../image-name.ts';

export interface ImageIdentifier {
  readonly imageDigest?: string | undefined;
  readonly imageTag?: string | undefined;
}

/** The codes that both services know. */
type FailureCode =
  | 'ImageNotFound'
  | 'ImageReferencedByManifestList'
  | 'ImageTagDoesNotMatchDigest'
  | 'InvalidImageDigest'
  | 'InvalidImageTag'
  | 'MissingDigestAndTag';

export interface ImageFailure {
  readonly imageId: ImageIdentifier;
  readonly failureCode: FailureCode;
  readonly failureReason: string;
}

const failure = (imageId: ImageIdentifier, failureCode: FailureCode, failureReason: string): ImageFailure => ({
  imageId,
  failureCode,
  failureReason,
});

export const notFound = (id: ImageIdentifier): ImageFailure =>
  failure(id, 'ImageNotFound', 'Requested image not found');

/** What is wrong with an identifier as it is written. */
export function failureOf(id: ImageIdentifier): ImageFailure | undefined {
  const { imageDigest, imageTag } = id;
  if (imageDigest === undefined && imageTag === undefined) {
    return failure(id, 'MissingDigestAndTag', 'Invalid request parameters: both tag and digest cannot be null');
  }
  if (imageDigest !== undefined && !isDigest(imageDigest)) {
    const rule = "image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'";
    return failure(id, 'InvalidImageDigest', `Invalid request parameters: ${rule}`);
  }
  if (imageTag !== undefined && !isTagName(imageTag)) {
    const rule = "image tag should satisfy the regex '[a-zA-Z0-9_][a-zA-Z0-9-_.]{0,127}'";
    return failure(id, 'InvalidImageTag', `Invalid request parameters: ${rule}`);
  }
  return undefined;
}

export const tagDoesNotMatch = (id: ImageIdentifier): ImageFailure =>
  failure(id, 'ImageTagDoesNotMatchDigest', 'Requested image tag does not match the requested image digest');

export const referencedBy = (id: ImageIdentifier, parents: readonly string[]): ImageFailure =>
  failure(id, 'ImageReferencedByManifestList', `Requested image referenced by manifest list: [${parents.join(', ')}]`);
