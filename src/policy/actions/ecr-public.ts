/**
 * Amazon ECR Public: actions, resources and condition keys.
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistrypublic.html
 */
import type { ActionTable } from './table.ts';

const requestTags = ['aws:RequestTag/{TagKey}', 'aws:TagKeys'];

export const ecrPublic: ActionTable = {
  prefix: 'ecr-public',
  resources: {
    registry: { arn: 'arn:{Partition}:ecr-public::{Account}:registry/{RegistryId}' },
    repository: {
      arn: 'arn:{Partition}:ecr-public::{Account}:repository/{RepositoryName}',
      keys: ['aws:ResourceTag/{TagKey}', 'ecr-public:ResourceTag/{TagKey}'],
    },
  },
  actions: {
    BatchCheckLayerAvailability: { access: 'Read', on: ['repository*'] },
    BatchDeleteImage: { access: 'Write', on: ['repository*'] },
    CompleteLayerUpload: { access: 'Write', on: ['repository*'] },
    CreateRepository: {
      access: 'Write',
      on: ['repository*'],
      keys: requestTags,
      dependent: ['ecr-public:TagResource'],
    },
    DeleteRepository: { access: 'Write', on: ['repository*'] },
    DeleteRepositoryPolicy: { access: 'Write', on: ['repository*'] },
    DescribeImageTags: { access: 'List', on: ['repository*'] },
    DescribeImages: { access: 'Read', on: ['repository*'] },
    DescribeRegistries: { access: 'List', on: ['registry*'] },
    DescribeRepositories: { access: 'List', on: ['repository*'] },
    GetAuthorizationToken: { access: 'Read' },
    GetRegistryCatalogData: { access: 'Read', on: ['registry*'] },
    GetRepositoryCatalogData: { access: 'Read', on: ['repository*'] },
    GetRepositoryPolicy: { access: 'Read', on: ['repository*'] },
    InitiateLayerUpload: { access: 'Write', on: ['repository*'] },
    ListTagsForResource: { access: 'Read', on: ['repository*'], keys: requestTags },
    PutImage: { access: 'Write', on: ['repository*'] },
    PutRegistryCatalogData: { access: 'Write', on: ['registry*'] },
    PutRepositoryCatalogData: { access: 'Write', on: ['repository*'] },
    SetRepositoryPolicy: { access: 'Permissions management', on: ['repository*'] },
    TagResource: { access: 'Tagging', on: ['repository*'], keys: requestTags },
    UntagResource: { access: 'Tagging', on: ['repository*'], keys: ['aws:TagKeys'] },
    UploadLayerPart: { access: 'Write', on: ['repository*'] },
  },
  unlisted: [],
};
