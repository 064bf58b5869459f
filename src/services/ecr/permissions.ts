/**
 * What each operation needs. Repositories have policies of their own, and a registry's policy speaks of all of its
 * repositories: both are asked, so that other accounts get what either gives them.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
 */
import { parseArn } from '#model/arn.ts';
import { type Registry, repositoryArn } from '#model/ecr.ts';
import type { Permission, Permissions } from '#protocol/authorize.ts';
import { repositories } from '#store/tables/ecr.ts';
import type { EcrContext } from './context.ts';
import { policyOf } from './policies.ts';

// biome-ignore lint/suspicious/noExplicitAny: inputs as clients send them, before they are checked
type Input = any;
type Needs = Permissions<Input, EcrContext>;

const accountId = /^\d{12}$/;

function registryOf(ctx: EcrContext, registryId: unknown): Registry {
  const account = typeof registryId === 'string' && accountId.test(registryId) ? registryId : ctx.account;
  return { kind: 'private', account, region: ctx.region };
}

function onArn(ctx: EcrContext, action: string, arn: string, more: Partial<Permission> = {}): Permission {
  const row = ctx.store.get(repositories, arn);
  const { account = ctx.account, region = ctx.region } = parseArn(arn) ?? {};
  return {
    action,
    resource: arn,
    resourcePolicy: policyOf(ctx.store, { account, region }, row, action),
    resourceTags: row?.tags,
    ...more,
  };
}

const own = (ctx: EcrContext) => `ecr:${ctx.operation}`;

const onRepository: Needs = (ctx, input) =>
  onArn(ctx, own(ctx), repositoryArn(registryOf(ctx, input.registryId), String(input.repositoryName)));

const onRepositories: Needs = (ctx, input) => {
  const registry = registryOf(ctx, input.registryId);
  const names: unknown[] = input.repositoryNames?.length ? input.repositoryNames : ['*'];
  return names.map((name) => onArn(ctx, own(ctx), repositoryArn(registry, String(name))));
};

/** Of the registry as a whole. Another account's is named as all of its repositories, so that its policy is asked. */
const onRegistry: Needs = (ctx, input) => {
  const registry = registryOf(ctx, input?.registryId);
  if (registry.account === ctx.account) return { action: own(ctx), resource: '*' };
  return onArn(ctx, own(ctx), repositoryArn(registry, '*'));
};

const onResource: Needs = (ctx, input) => onArn(ctx, own(ctx), String(input.resourceArn));

function tagsIn(tags: unknown): Record<string, string> {
  if (!Array.isArray(tags)) return {};
  return Object.fromEntries(tags.map((tag) => [String(tag?.Key), String(tag?.Value ?? '')]));
}

const onAccountSetting: Needs = (ctx, input) => ({
  action: own(ctx),
  resource: '*',
  keys: { 'ecr:AccountSetting': String(input.name) },
});

const ofRepository = [
  'BatchCheckLayerAvailability',
  'BatchDeleteImage',
  'BatchGetImage',
  'CompleteLayerUpload',
  'DeleteLifecyclePolicy',
  'DeleteRepository',
  'DeleteRepositoryPolicy',
  'DescribeImageReplicationStatus',
  'DescribeImageScanFindings',
  'DescribeImageSigningStatus',
  'DescribeImages',
  'GetDownloadUrlForLayer',
  'GetLifecyclePolicy',
  'GetLifecyclePolicyPreview',
  'GetRepositoryPolicy',
  'InitiateLayerUpload',
  'ListImageReferrers',
  'ListImages',
  'PutImage',
  'PutImageScanningConfiguration',
  'PutImageTagMutability',
  'PutLifecyclePolicy',
  'SetRepositoryPolicy',
  'StartImageScan',
  'StartLifecyclePolicyPreview',
  'UpdateImageStorageClass',
  'UploadLayerPart',
];

const ofRegistry = [
  'CreatePullThroughCacheRule',
  'DeletePullThroughCacheRule',
  'DescribePullThroughCacheRules',
  'DescribeReplicationBackfillResults',
  'ListReplicationBackfills',
  'StartReplicationBackfill',
  'StopReplicationBackfill',
  'UpdatePullThroughCacheRule',
  'ValidatePullThroughCacheRule',
];

const each = (names: readonly string[], needs: Needs) => Object.fromEntries(names.map((name) => [name, needs]));

export const permissions: Readonly<Record<string, Needs>> = {
  ...each(ofRepository, onRepository),
  ...each(ofRegistry, onRegistry),
  BatchGetRepositoryScanningConfiguration: onRepositories,
  CreateRepository: (ctx, input) => {
    const arn = repositoryArn(registryOf(ctx, input.registryId), String(input.repositoryName));
    const requestTags = tagsIn(input.tags);
    const create = onArn(ctx, own(ctx), arn, { requestTags });
    if (Object.keys(requestTags).length === 0) return create;
    return [create, onArn(ctx, 'ecr:TagResource', arn, { requestTags })];
  },
  DescribeRepositories: onRepositories,
  GetAccountSetting: onAccountSetting,
  ListTagsForResource: onResource,
  PutAccountSetting: onAccountSetting,
  TagResource: (ctx, input) => onArn(ctx, own(ctx), String(input.resourceArn), { requestTags: tagsIn(input.tags) }),
  UntagResource: (ctx, input) => {
    const keys: unknown[] = Array.isArray(input.tagKeys) ? input.tagKeys : [];
    const more = { keys: { 'aws:TagKeys': keys.map(String) } };
    return onArn(ctx, own(ctx), String(input.resourceArn), more);
  },
};
