/**
 * What each operation needs. What everybody may pull, every account may also read over the API.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistrypublic.html
 */
import { type Registry, repositoryArn } from '#model/ecr.ts';
import type { Permission, Permissions } from '#protocol/authorize.ts';
import { repositories } from '#store/tables/ecr.ts';
import type { PublicContext } from './context.ts';

// biome-ignore lint/suspicious/noExplicitAny: inputs as clients send them, before they are checked
type Input = any;
type Needs = Permissions<Input, PublicContext>;

const own = (ctx: PublicContext) => `ecr-public:${ctx.operation}`;

function registryOf(ctx: PublicContext, registryId: unknown): Registry {
  const isAccount = typeof registryId === 'string' && /^\d{12}$/.test(registryId);
  return { kind: 'public', account: isAccount ? registryId : ctx.account, region: 'us-east-1' };
}

function onArn(ctx: PublicContext, action: string, arn: string, more: Partial<Permission> = {}): Permission {
  const row = ctx.store.get(repositories, arn);
  const document = row?.policyText;
  return {
    action,
    resource: arn,
    resourcePolicy: document === undefined ? undefined : { name: 'repository policy', document },
    resourceTags: row?.tags,
    ...more,
  };
}

const onRepository: Needs = (ctx, input) =>
  onArn(ctx, own(ctx), repositoryArn(registryOf(ctx, input.registryId), String(input.repositoryName)));

const onRepositories: Needs = (ctx, input) => {
  const registry = registryOf(ctx, input.registryId);
  const names: unknown[] = input.repositoryNames?.length ? input.repositoryNames : ['*'];
  return names.map((name) => onArn(ctx, own(ctx), repositoryArn(registry, String(name))));
};

const onResource: Needs = (ctx, input) => onArn(ctx, own(ctx), String(input.resourceArn));

const onRegistry: Needs = (ctx) => ({
  action: own(ctx),
  resource: `arn:aws:ecr-public::${ctx.account}:registry/${ctx.account}`,
});

function tagsIn(tags: unknown): Record<string, string> {
  if (!Array.isArray(tags)) return {};
  return Object.fromEntries(tags.map((tag) => [String(tag?.Key), String(tag?.Value ?? '')]));
}

const ofRepository = [
  'BatchCheckLayerAvailability',
  'BatchDeleteImage',
  'CompleteLayerUpload',
  'DeleteRepository',
  'DeleteRepositoryPolicy',
  'DescribeImageTags',
  'DescribeImages',
  'GetRepositoryCatalogData',
  'GetRepositoryPolicy',
  'InitiateLayerUpload',
  'PutImage',
  'PutRepositoryCatalogData',
  'SetRepositoryPolicy',
  'UploadLayerPart',
];

export const permissions: Readonly<Record<string, Needs>> = {
  ...Object.fromEntries(ofRepository.map((name) => [name, onRepository])),
  CreateRepository: (ctx, input) => {
    const arn = repositoryArn(registryOf(ctx, undefined), String(input.repositoryName));
    const requestTags = tagsIn(input.tags);
    const create = onArn(ctx, own(ctx), arn, { requestTags });
    if (Object.keys(requestTags).length === 0) return create;
    return [create, onArn(ctx, 'ecr-public:TagResource', arn, { requestTags })];
  },
  DescribeRegistries: onRegistry,
  DescribeRepositories: onRepositories,
  /** A token for the public registry is a bearer token of STS as well. */
  GetAuthorizationToken: () => [
    { action: 'ecr-public:GetAuthorizationToken', resource: '*' },
    { action: 'sts:GetServiceBearerToken', resource: '*', keys: { 'sts:AWSServiceName': 'ecr-public.amazonaws.com' } },
  ],
  GetRegistryCatalogData: onRegistry,
  ListTagsForResource: onResource,
  PutRegistryCatalogData: onRegistry,
  TagResource: (ctx, input) => onArn(ctx, own(ctx), String(input.resourceArn), { requestTags: tagsIn(input.tags) }),
  UntagResource: (ctx, input) => {
    const keys: unknown[] = Array.isArray(input.tagKeys) ? input.tagKeys : [];
    return onArn(ctx, own(ctx), String(input.resourceArn), { keys: { 'aws:TagKeys': keys.map(String) } });
  },
};
