/** ECR Public's handlers by operation name. An operation that is not here answers that it is not implemented. */
import type { Handler } from '#protocol/service.ts';
import { BatchCheckLayerAvailability } from './operations/BatchCheckLayerAvailability.ts';
import { BatchDeleteImage } from './operations/BatchDeleteImage.ts';
import { CompleteLayerUpload } from './operations/CompleteLayerUpload.ts';
import { CreateRepository } from './operations/CreateRepository.ts';
import { DeleteRepository } from './operations/DeleteRepository.ts';
import { DeleteRepositoryPolicy } from './operations/DeleteRepositoryPolicy.ts';
import { DescribeImages } from './operations/DescribeImages.ts';
import { DescribeImageTags } from './operations/DescribeImageTags.ts';
import { DescribeRegistries } from './operations/DescribeRegistries.ts';
import { DescribeRepositories } from './operations/DescribeRepositories.ts';
import { GetAuthorizationToken } from './operations/GetAuthorizationToken.ts';
import { GetRegistryCatalogData } from './operations/GetRegistryCatalogData.ts';
import { GetRepositoryCatalogData } from './operations/GetRepositoryCatalogData.ts';
import { GetRepositoryPolicy } from './operations/GetRepositoryPolicy.ts';
import { InitiateLayerUpload } from './operations/InitiateLayerUpload.ts';
import { ListTagsForResource } from './operations/ListTagsForResource.ts';
import { PutImage } from './operations/PutImage.ts';
import { PutRegistryCatalogData } from './operations/PutRegistryCatalogData.ts';
import { PutRepositoryCatalogData } from './operations/PutRepositoryCatalogData.ts';
import { SetRepositoryPolicy } from './operations/SetRepositoryPolicy.ts';
import { TagResource } from './operations/TagResource.ts';
import { UntagResource } from './operations/UntagResource.ts';
import { UploadLayerPart } from './operations/UploadLayerPart.ts';

export const handlers: Readonly<Record<string, Handler>> = {
  BatchCheckLayerAvailability,
  BatchDeleteImage,
  CompleteLayerUpload,
  CreateRepository,
  DeleteRepository,
  DeleteRepositoryPolicy,
  DescribeImageTags,
  DescribeImages,
  DescribeRegistries,
  DescribeRepositories,
  GetAuthorizationToken,
  GetRegistryCatalogData,
  GetRepositoryCatalogData,
  GetRepositoryPolicy,
  InitiateLayerUpload,
  ListTagsForResource,
  PutImage,
  PutRegistryCatalogData,
  PutRepositoryCatalogData,
  SetRepositoryPolicy,
  TagResource,
  UntagResource,
  UploadLayerPart,
};
