/** Repository creation templates: what a client may write into one. */
import type {
  CreateRepositoryCreationTemplateCommandInput,
  UpdateRepositoryCreationTemplateCommandInput,
} from '@aws-sdk/client-ecr';
import { checkPolicyText } from '#images/api/policy-text.ts';
import { checkCount, checkLength, checkOneOf, checkTagMutability, checkTags } from '#images/api/validate.ts';
import type { Scope } from '#model/arn.ts';
import { type RepositoryCreationTemplateRow, templateCauses } from '#model/ecr-registry.ts';
import type { Tx } from '#store/store.ts';
import type { EcrContext } from './context.ts';
import { toEncryption } from './encryption.ts';
import { checkLifecyclePolicy } from './lifecycle.ts';
import { checkRole } from './upstreams.ts';

type Input = CreateRepositoryCreationTemplateCommandInput | UpdateRepositoryCreationTemplateCommandInput;
type Settings = Omit<
  RepositoryCreationTemplateRow,
  'key' | 'account' | 'region' | 'prefix' | 'createdAt' | 'updatedAt'
>;

export const templateDefaults: Settings = {
  encryptionType: 'AES256',
  resourceTags: {},
  imageTagMutability: 'MUTABLE',
  tagMutabilityExclusions: [],
  appliedFor: [],
};

/** The settings after a request; members that it does not have stay as they are. An empty text takes one away. */
export function changedSettings(tx: Tx, ctx: EcrContext, scope: Scope, before: Settings, input: Input): Settings {
  const { description, repositoryPolicy, lifecyclePolicy, appliedFor, customRoleArn } = input;
  if (description !== undefined) checkLength('description', description, 0, 256);
  const resourceTags = input.resourceTags ? checkTags(input.resourceTags) : before.resourceTags;
  if (appliedFor) checkCount('appliedFor', appliedFor, 1, templateCauses.length);
  if (repositoryPolicy) checkPolicyText(repositoryPolicy, 'repository', 'repositoryPolicy');
  const lifecyclePolicyText = lifecyclePolicy ?? before.lifecyclePolicyText;
  if (lifecyclePolicyText) checkLifecyclePolicy(lifecyclePolicyText, resourceTags, 'lifecyclePolicy');
  const { kmsKeyArn, policyText: _, lifecyclePolicyText: __, ...rest } = before;
  const policyText = repositoryPolicy ?? before.policyText;
  const encryption = input.encryptionConfiguration
    ? toEncryption(tx, ctx, scope, input.encryptionConfiguration)
    : { encryptionType: before.encryptionType, ...(kmsKeyArn !== undefined && { kmsKeyArn }) };
  return {
    ...rest,
    ...encryption,
    ...(input.imageTagMutability !== undefined || input.imageTagMutabilityExclusionFilters
      ? checkTagMutability(input.imageTagMutability, input.imageTagMutabilityExclusionFilters)
      : {}),
    resourceTags,
    ...(description !== undefined && { description }),
    ...(policyText && { policyText }),
    ...(lifecyclePolicyText && { lifecyclePolicyText }),
    ...(appliedFor && {
      appliedFor: [...new Set(appliedFor.map((one) => checkOneOf('appliedFor', one, templateCauses)))],
    }),
    ...(customRoleArn !== undefined && { customRoleArn: checkRole(tx, scope, customRoleArn) }),
  };
}
