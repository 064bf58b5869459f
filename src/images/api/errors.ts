/** Modelled errors of ECR and ECR Public, in AWS's own words. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html */
import type { RepositoryRow } from '#model/ecr.ts';
import { ServiceError } from '#protocol/service.ts';

export const invalidParameter = (message: string) => new ServiceError('InvalidParameterException', message);
export const invalidAt = (parameter: string, constraint: string) =>
  invalidParameter(`Invalid parameter at '${parameter}' failed to satisfy constraint: '${constraint}'`);
export const validationException = (message: string) => new ServiceError('ValidationException', message);
export const invalidTag = (message: string) => new ServiceError('InvalidTagParameterException', message);
export const tooManyTags = (most: number) =>
  new ServiceError('TooManyTagsException', `The number of tags cannot exceed ${most}`);
export const limitExceeded = (message: string) => new ServiceError('LimitExceededException', message);
export const serverException = (message: string) =>
  new ServiceError('ServerException', message, { fault: 'server', httpStatus: 500 });

type Named = Pick<RepositoryRow, 'name' | 'account'>;
const inRegistry = (repository: Named) => `in the registry with id '${repository.account}'`;
const ofRepository = (repository: Named) => `the repository with name '${repository.name}' ${inRegistry(repository)}`;

export const repositoryNotFound = (repository: Named) =>
  new ServiceError(
    'RepositoryNotFoundException',
    `The repository with name '${repository.name}' does not exist ${inRegistry(repository)}`,
  );
export const repositoryExists = (repository: Named) =>
  new ServiceError(
    'RepositoryAlreadyExistsException',
    `The repository with name '${repository.name}' already exists ${inRegistry(repository)}`,
  );
export const repositoryNotEmpty = (repository: Named) =>
  new ServiceError(
    'RepositoryNotEmptyException',
    `The repository with name '${repository.name}' in registry with id '${repository.account}' cannot be deleted because it still contains images`,
  );
export const repositoryPolicyNotFound = (repository: Named) =>
  new ServiceError(
    'RepositoryPolicyNotFoundException',
    `Repository policy does not exist for ${ofRepository(repository)}`,
  );
export const lifecyclePolicyNotFound = (repository: Named) =>
  new ServiceError(
    'LifecyclePolicyNotFoundException',
    `Lifecycle policy does not exist for ${ofRepository(repository)}`,
  );
export const previewNotFound = (repository: Named) =>
  new ServiceError(
    'LifecyclePolicyPreviewNotFoundException',
    `There is no lifecycle policy preview for ${ofRepository(repository)}`,
  );
export const registryPolicyNotFound = (account: string) =>
  new ServiceError(
    'RegistryPolicyNotFoundException',
    `Registry policy does not exist in the registry with id '${account}'`,
  );
export const signingConfigurationNotFound = (account: string) =>
  new ServiceError(
    'SigningConfigurationNotFoundException',
    `Signing configuration does not exist in the registry with id '${account}'`,
  );

interface ImageId {
  readonly imageDigest?: string | undefined;
  readonly imageTag?: string | undefined;
}
export const imageNotFound = (repository: Named, { imageDigest = 'null', imageTag = 'null' }: ImageId) =>
  new ServiceError(
    'ImageNotFoundException',
    `The image with imageId {imageDigest:'${imageDigest}', imageTag:'${imageTag}'} does not exist within ${ofRepository(repository)}`,
  );
export const imageExists = (repository: Named, digest: string, tag: string | undefined) =>
  new ServiceError(
    'ImageAlreadyExistsException',
    `Image with digest '${digest}' and tag '${tag ?? 'null'}' already exists in the repository with name '${repository.name}' in registry with id '${repository.account}'`,
  );
export const tagExists = (repository: Named, tag: string) =>
  new ServiceError(
    'ImageTagAlreadyExistsException',
    `The image tag '${tag}' already exists in the '${repository.name}' repository and cannot be overwritten because the tag is immutable.`,
  );
export const layersNotFound = (repository: Named, digests: readonly string[]) =>
  new ServiceError(
    'LayersNotFoundException',
    `Layers with digests '[${digests.join(', ')}]' required for pushing image into repository with name '${repository.name}' ${inRegistry(repository)} do not exist`,
  );
export const referencedImagesNotFound = (repository: Named, digests: readonly string[]) =>
  new ServiceError(
    'ReferencedImagesNotFoundException',
    `Images with digests '[${digests.join(', ')}]' required for pushing image into repository with name '${repository.name}' ${inRegistry(repository)} do not exist`,
  );
export const digestDoesNotMatch = (given: string, actual: string) =>
  new ServiceError(
    'ImageDigestDoesNotMatchException',
    `The specified image digest '${given}' does not match the digest '${actual}' of the image manifest`,
  );
export const storageClassUnsupported = (message: string) =>
  new ServiceError('ImageStorageClassUpdateNotSupportedException', message);

export const uploadNotFound = (repository: Named, uploadId: string) =>
  new ServiceError(
    'UploadNotFoundException',
    `The upload with id '${uploadId}' does not exist in ${ofRepository(repository)}`,
  );
export const invalidLayerPart = (repository: Named, uploadId: string, lastValidByteReceived: number) =>
  new ServiceError(
    'InvalidLayerPartException',
    `Layer part is invalid: the last valid byte received of the upload with id '${uploadId}' is ${lastValidByteReceived}`,
    {
      members: {
        registryId: repository.account,
        repositoryName: repository.name,
        uploadId,
        lastValidByteReceived,
      },
    },
  );
export const emptyUpload = (repository: Named, uploadId: string) =>
  new ServiceError(
    'EmptyUploadException',
    `The upload with id '${uploadId}' in ${ofRepository(repository)} does not contain any layer parts`,
  );
export const layerPartTooSmall = () =>
  new ServiceError('LayerPartTooSmallException', 'Layer parts must be at least 5 MiB in size.');
export const invalidLayer = (digest: string) =>
  new ServiceError('InvalidLayerException', `The layer digest '${digest}' does not match the digest of its content`);
export const layerExists = (repository: Named, digest: string) =>
  new ServiceError(
    'LayerAlreadyExistsException',
    `Layer with digest '${digest}' already exists in ${ofRepository(repository)}`,
  );
export const layerInaccessible = (repository: Named, digest: string) =>
  new ServiceError(
    'LayerInaccessibleException',
    `Layer with digest '${digest}' is not associated with an image in ${ofRepository(repository)}`,
  );

export const ruleExists = (prefix: string, account: string) =>
  new ServiceError(
    'PullThroughCacheRuleAlreadyExistsException',
    `A pull through cache rule with prefix '${prefix}' already exists in the registry with id '${account}'`,
  );
export const ruleNotFound = (prefix: string, account: string) =>
  new ServiceError(
    'PullThroughCacheRuleNotFoundException',
    `The pull through cache rule with prefix '${prefix}' does not exist in the registry with id '${account}'`,
  );
export const unsupportedUpstream = (message: string) =>
  new ServiceError('UnsupportedUpstreamRegistryException', message);
export const templateExists = (prefix: string) =>
  new ServiceError(
    'TemplateAlreadyExistsException',
    `The repository creation template with prefix '${prefix}' already exists`,
  );
export const templateNotFound = (prefix: string) =>
  new ServiceError(
    'TemplateNotFoundException',
    `The repository creation template with prefix '${prefix}' does not exist`,
  );
export const exclusionExists = (principalArn: string) =>
  new ServiceError(
    'ExclusionAlreadyExistsException',
    `The pull time update exclusion for '${principalArn}' already exists`,
  );
export const exclusionNotFound = (principalArn: string) =>
  new ServiceError('ExclusionNotFoundException', `The pull time update exclusion for '${principalArn}' does not exist`);
export const layerNotFound = (repository: Named, digest: string) =>
  new ServiceError(
    'LayersNotFoundException',
    `The layer with digest '${digest}' does not exist within ${ofRepository(repository)}`,
  );
export const scanNotFound = (repository: Named, { imageDigest = 'null', imageTag = 'null' }: ImageId) =>
  new ServiceError(
    'ScanNotFoundException',
    `Image scan does not exist for the image with '{imageDigest:'${imageDigest}', imageTag:'${imageTag}'}' in ${ofRepository(repository)}`,
  );
export const scanQuotaExceeded = () => limitExceeded('The scan quota per image has been exceeded. Wait and try again.');
export const unsupportedImageType = (mediaType: string) =>
  new ServiceError(
    'UnsupportedImageTypeException',
    `Images of type '${mediaType}' are not supported by image scanning`,
  );
