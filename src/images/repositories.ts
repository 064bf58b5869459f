/**
 * Where a repository is born and dies, whoever asks: CreateRepository, a first push, replication, the pull-through cache.
 * Templates are applied here, so that no path forgets one.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates.html
 */
import type { Scope } from '#model/arn.ts';
import { type Registry, type RepositoryRow, registryKey, repositoryArn } from '#model/ecr.ts';
import type { RepositoryCreationTemplateRow, TemplateCause } from '#model/ecr-registry.ts';
import type { Tx, View } from '#store/store.ts';
import {
  images,
  layerUploads,
  lifecyclePreviews,
  publicRegistries,
  repositories,
  repositoryBlobs,
  repositoryCreationTemplates,
} from '#store/tables/ecr.ts';
import type { ImageDeps } from './blobs.ts';
import { deleteImage } from './delete-image.ts';
import { isRepositoryName, privateRegistry, publicRegistry, type RepositoryAddress } from './image-name.ts';
import { type TemplateRefusal, templateRefusal } from './template-permission.ts';

export const findRepository = (view: View, registry: Registry, name: string): RepositoryRow | undefined =>
  view.get(repositories, repositoryArn(registry, name));

/**
 * The registry that an address means. `caller` is who asks; undefined for an alias that nobody has, and for a name
 * without registry from somebody unknown.
 */
export function registryOf(view: View, address: RepositoryAddress, caller?: Scope): Registry | undefined {
  switch (address.kind) {
    case 'private':
      return privateRegistry(address);
    case 'implied':
      return caller && privateRegistry(caller);
    case 'public': {
      for (const row of view.find(publicRegistries, 'byAlias', address.alias)) return publicRegistry(row.account);
      return undefined;
    }
  }
}

/** What a repository is made with; what is absent has ECR's default. */
export type RepositorySettings = Partial<
  Pick<
    RepositoryRow,
    | 'imageTagMutability'
    | 'tagMutabilityExclusions'
    | 'scanOnPush'
    | 'encryptionType'
    | 'kmsKeyArn'
    | 'policyText'
    | 'lifecyclePolicyText'
    | 'tags'
    | 'catalogData'
  >
>;

/** Undefined when there is one of that name. The name is checked by the caller. */
export function createRepository(
  tx: Tx,
  deps: ImageDeps,
  request: { readonly registry: Registry; readonly name: string; readonly settings?: RepositorySettings },
): RepositoryRow | undefined {
  const { registry, name, settings = {} } = request;
  if (findRepository(tx, registry, name)) return undefined;
  return tx.insert(repositories, {
    kind: registry.kind,
    account: registry.account,
    region: registry.region,
    arn: repositoryArn(registry, name),
    name,
    createdAt: deps.clock.now(),
    imageTagMutability: 'MUTABLE',
    tagMutabilityExclusions: [],
    scanOnPush: false,
    encryptionType: 'AES256',
    tags: {},
    ...settings,
  });
}

export const templateKey = (scope: Scope, prefix: string): string => `${scope.account}/${scope.region}/${prefix}`;

/** The template with the longest prefix of the name that is for the cause, else the one for ROOT. */
export function findTemplate(
  view: View,
  scope: Scope,
  name: string,
  cause: TemplateCause,
): RepositoryCreationTemplateRow | undefined {
  const segments = name.split('/');
  const prefixes = segments.slice(0, -1).map((_, index) => segments.slice(0, index + 1).join('/'));
  for (const prefix of [...prefixes.reverse(), 'ROOT']) {
    const template = view.get(repositoryCreationTemplates, templateKey(scope, prefix));
    if (template?.appliedFor.includes(cause)) return template;
  }
  return undefined;
}

function settingsOf(template: RepositoryCreationTemplateRow): RepositorySettings {
  return {
    imageTagMutability: template.imageTagMutability,
    tagMutabilityExclusions: template.tagMutabilityExclusions,
    encryptionType: template.encryptionType,
    ...(template.kmsKeyArn !== undefined && { kmsKeyArn: template.kmsKeyArn }),
    ...(template.policyText !== undefined && { policyText: template.policyText }),
    ...(template.lifecyclePolicyText !== undefined && { lifecyclePolicyText: template.lifecyclePolicyText }),
    tags: template.resourceTags,
  };
}

/** Where AWS's quota holds. */
export function isRegistryFull(view: View, { limits }: ImageDeps, registry: Registry): boolean {
  const most = limits?.['repositories-per-registry'];
  return most !== undefined && view.count(repositories, 'byRegistry', registryKey(registry)) >= most;
}

/** Why a push, a replication or a cached pull gets no repository. */
export type NoRepository = 'INVALID_NAME' | 'NO_TEMPLATE' | 'TOO_MANY_REPOSITORIES' | TemplateRefusal;

/**
 * The private repository of that name, made when there is none: from a template for the cause, else with the defaults.
 * A push makes one only where a template for CREATE_ON_PUSH says so.
 */
export function ensureRepository(
  tx: Tx,
  deps: ImageDeps,
  request: { readonly scope: Scope; readonly name: string; readonly cause: TemplateCause },
): RepositoryRow | NoRepository {
  const { name, cause } = request;
  const registry = privateRegistry(request.scope);
  const existing = findRepository(tx, registry, name);
  if (existing) return existing;
  if (!isRepositoryName(name)) return 'INVALID_NAME';
  const template = findTemplate(tx, registry, name, cause);
  if (!template && cause === 'CREATE_ON_PUSH') return 'NO_TEMPLATE';
  if (isRegistryFull(tx, deps, registry)) return 'TOO_MANY_REPOSITORIES';
  const refusal = template && templateRefusal(tx, deps.clock, template, repositoryArn(registry, name));
  if (refusal) return refusal;
  return createRepository(tx, deps, { registry, name, ...(template && { settings: settingsOf(template) }) })!;
}

/** The repository with its images, tags, links to blobs and uploads. Whether it may be full is the caller's to ask. */
export function deleteRepository(tx: Tx, repository: RepositoryRow): void {
  const { arn } = repository;
  for (const image of [...tx.find(images, 'byRepository', arn)]) deleteImage(tx, image);
  for (const blob of [...tx.find(repositoryBlobs, 'byRepository', arn)]) tx.delete(repositoryBlobs, blob.key);
  for (const upload of [...tx.find(layerUploads, 'byRepository', arn)]) tx.delete(layerUploads, upload.id);
  tx.delete(lifecyclePreviews, arn);
  tx.delete(repositories, arn);
}
