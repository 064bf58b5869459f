/** ECR's handlers by operation name. An operation that is not here answers that it is not implemented. */
import type { Handler } from '#protocol/service.ts';
import { BatchCheckLayerAvailability } from './operations/BatchCheckLayerAvailability.ts';
import { BatchDeleteImage } from './operations/BatchDeleteImage.ts';
import { BatchGetImage } from './operations/BatchGetImage.ts';
import { BatchGetRepositoryScanningConfiguration } from './operations/BatchGetRepositoryScanningConfiguration.ts';
import { CompleteLayerUpload } from './operations/CompleteLayerUpload.ts';
import { CreatePullThroughCacheRule } from './operations/CreatePullThroughCacheRule.ts';
import { CreateRepository } from './operations/CreateRepository.ts';
import { CreateRepositoryCreationTemplate } from './operations/CreateRepositoryCreationTemplate.ts';
import { DeleteLifecyclePolicy } from './operations/DeleteLifecyclePolicy.ts';
import { DeletePullThroughCacheRule } from './operations/DeletePullThroughCacheRule.ts';
import { DeleteRegistryPolicy } from './operations/DeleteRegistryPolicy.ts';
import { DeleteRepository } from './operations/DeleteRepository.ts';
import { DeleteRepositoryCreationTemplate } from './operations/DeleteRepositoryCreationTemplate.ts';
import { DeleteRepositoryPolicy } from './operations/DeleteRepositoryPolicy.ts';
import { DeleteSigningConfiguration } from './operations/DeleteSigningConfiguration.ts';
import { DeregisterPullTimeUpdateExclusion } from './operations/DeregisterPullTimeUpdateExclusion.ts';
import { DescribeImageReplicationStatus } from './operations/DescribeImageReplicationStatus.ts';
import { DescribeImageScanFindings } from './operations/DescribeImageScanFindings.ts';
import { DescribeImageSigningStatus } from './operations/DescribeImageSigningStatus.ts';
import { DescribeImages } from './operations/DescribeImages.ts';
import { DescribePullThroughCacheRules } from './operations/DescribePullThroughCacheRules.ts';
import { DescribeRegistry } from './operations/DescribeRegistry.ts';
import { DescribeReplicationBackfillResults } from './operations/DescribeReplicationBackfillResults.ts';
import { DescribeRepositories } from './operations/DescribeRepositories.ts';
import { DescribeRepositoryCreationTemplates } from './operations/DescribeRepositoryCreationTemplates.ts';
import { GetAccountSetting } from './operations/GetAccountSetting.ts';
import { GetAuthorizationToken } from './operations/GetAuthorizationToken.ts';
import { GetDownloadUrlForLayer } from './operations/GetDownloadUrlForLayer.ts';
import { GetLifecyclePolicy } from './operations/GetLifecyclePolicy.ts';
import { GetLifecyclePolicyPreview } from './operations/GetLifecyclePolicyPreview.ts';
import { GetRegistryPolicy } from './operations/GetRegistryPolicy.ts';
import { GetRegistryScanningConfiguration } from './operations/GetRegistryScanningConfiguration.ts';
import { GetRepositoryPolicy } from './operations/GetRepositoryPolicy.ts';
import { GetSigningConfiguration } from './operations/GetSigningConfiguration.ts';
import { InitiateLayerUpload } from './operations/InitiateLayerUpload.ts';
import { ListImageReferrers } from './operations/ListImageReferrers.ts';
import { ListImages } from './operations/ListImages.ts';
import { ListPullTimeUpdateExclusions } from './operations/ListPullTimeUpdateExclusions.ts';
import { ListReplicationBackfills } from './operations/ListReplicationBackfills.ts';
import { ListTagsForResource } from './operations/ListTagsForResource.ts';
import { PutAccountSetting } from './operations/PutAccountSetting.ts';
import { PutImage } from './operations/PutImage.ts';
import { PutImageScanningConfiguration } from './operations/PutImageScanningConfiguration.ts';
import { PutImageTagMutability } from './operations/PutImageTagMutability.ts';
import { PutLifecyclePolicy } from './operations/PutLifecyclePolicy.ts';
import { PutRegistryPolicy } from './operations/PutRegistryPolicy.ts';
import { PutRegistryScanningConfiguration } from './operations/PutRegistryScanningConfiguration.ts';
import { PutReplicationConfiguration } from './operations/PutReplicationConfiguration.ts';
import { PutSigningConfiguration } from './operations/PutSigningConfiguration.ts';
import { RegisterPullTimeUpdateExclusion } from './operations/RegisterPullTimeUpdateExclusion.ts';
import { SetRepositoryPolicy } from './operations/SetRepositoryPolicy.ts';
import { StartImageScan } from './operations/StartImageScan.ts';
import { StartLifecyclePolicyPreview } from './operations/StartLifecyclePolicyPreview.ts';
import { StartReplicationBackfill } from './operations/StartReplicationBackfill.ts';
import { StopReplicationBackfill } from './operations/StopReplicationBackfill.ts';
import { TagResource } from './operations/TagResource.ts';
import { UntagResource } from './operations/UntagResource.ts';
import { UpdateImageStorageClass } from './operations/UpdateImageStorageClass.ts';
import { UpdatePullThroughCacheRule } from './operations/UpdatePullThroughCacheRule.ts';
import { UpdateRepositoryCreationTemplate } from './operations/UpdateRepositoryCreationTemplate.ts';
import { UploadLayerPart } from './operations/UploadLayerPart.ts';
import { ValidatePullThroughCacheRule } from './operations/ValidatePullThroughCacheRule.ts';

export const handlers: Readonly<Record<string, Handler>> = {
  BatchCheckLayerAvailability,
  BatchDeleteImage,
  BatchGetImage,
  BatchGetRepositoryScanningConfiguration,
  CompleteLayerUpload,
  CreatePullThroughCacheRule,
  CreateRepository,
  CreateRepositoryCreationTemplate,
  DeleteLifecyclePolicy,
  DeletePullThroughCacheRule,
  DeleteRegistryPolicy,
  DeleteRepository,
  DeleteRepositoryCreationTemplate,
  DeleteRepositoryPolicy,
  DeleteSigningConfiguration,
  DeregisterPullTimeUpdateExclusion,
  DescribeImageReplicationStatus,
  DescribeImageScanFindings,
  DescribeImageSigningStatus,
  DescribeImages,
  DescribePullThroughCacheRules,
  DescribeRegistry,
  DescribeReplicationBackfillResults,
  DescribeRepositories,
  DescribeRepositoryCreationTemplates,
  GetAccountSetting,
  GetAuthorizationToken,
  GetDownloadUrlForLayer,
  GetLifecyclePolicy,
  GetLifecyclePolicyPreview,
  GetRegistryPolicy,
  GetRegistryScanningConfiguration,
  GetRepositoryPolicy,
  GetSigningConfiguration,
  InitiateLayerUpload,
  ListImageReferrers,
  ListImages,
  ListPullTimeUpdateExclusions,
  ListReplicationBackfills,
  ListTagsForResource,
  PutAccountSetting,
  PutImage,
  PutImageScanningConfiguration,
  PutImageTagMutability,
  PutLifecyclePolicy,
  PutRegistryPolicy,
  PutRegistryScanningConfiguration,
  PutReplicationConfiguration,
  PutSigningConfiguration,
  RegisterPullTimeUpdateExclusion,
  SetRepositoryPolicy,
  StartImageScan,
  StartLifecyclePolicyPreview,
  StartReplicationBackfill,
  StopReplicationBackfill,
  TagResource,
  UntagResource,
  UpdateImageStorageClass,
  UpdatePullThroughCacheRule,
  UpdateRepositoryCreationTemplate,
  UploadLayerPart,
  ValidatePullThroughCacheRule,
};
