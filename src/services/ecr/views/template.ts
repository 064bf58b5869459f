import type { RepositoryCreationTemplate } from '@aws-sdk/client-ecr';
import type { RepositoryCreationTemplateRow } from '#model/ecr-registry.ts';
import { viewEncryption, viewExclusions, viewTags } from './repository.ts';

export const viewTemplate = (row: RepositoryCreationTemplateRow): RepositoryCreationTemplate => ({
  prefix: row.prefix,
  ...(row.description !== undefined && { description: row.description }),
  encryptionConfiguration: viewEncryption(row),
  resourceTags: viewTags(row.resourceTags),
  imageTagMutability: row.imageTagMutability,
  ...viewExclusions(row),
  ...(row.policyText !== undefined && { repositoryPolicy: row.policyText }),
  ...(row.lifecyclePolicyText !== undefined && { lifecyclePolicy: row.lifecyclePolicyText }),
  appliedFor: [...row.appliedFor],
  ...(row.customRoleArn !== undefined && { customRoleArn: row.customRoleArn }),
  createdAt: new Date(row.createdAt),
  updatedAt: new Date(row.updatedAt),
});
