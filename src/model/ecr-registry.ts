/** Rows of what a registry as a whole is set to: policy, replication, scanning, signing, templates, cache rules. */
import type { Scope } from './arn.ts';
import type { TagMutability } from './ecr.ts';

export const accountSettingNames = ['BASIC_SCAN_TYPE_VERSION', 'REGISTRY_POLICY_SCOPE', 'BLOB_MOUNTING'] as const;
export type EcrAccountSetting = (typeof accountSettingNames)[number];

export interface ReplicationRule {
  /** `registryId` is an account. */
  readonly destinations: readonly { readonly region: string; readonly registryId: string }[];
  readonly repositoryFilters?: readonly { readonly filter: string; readonly filterType: 'PREFIX_MATCH' }[];
}

export const scanFrequencies = ['SCAN_ON_PUSH', 'CONTINUOUS_SCAN', 'MANUAL'] as const;
export type ScanFrequency = (typeof scanFrequencies)[number];

export interface ScanningRule {
  readonly scanFrequency: ScanFrequency;
  readonly repositoryFilters: readonly { readonly filter: string; readonly filterType: 'WILDCARD' }[];
}

export interface SigningRule {
  readonly signingProfileArn: string;
  readonly repositoryFilters?: readonly { readonly filter: string; readonly filterType: 'WILDCARD_MATCH' }[];
}

/** A private registry, from the first setting that differs from the defaults. Key: `<account>/<region>`. */
export interface RegistryRow extends Scope {
  readonly policyText?: string;
  readonly replicationRules?: readonly ReplicationRule[];
  readonly scanning?: { readonly scanType: 'BASIC' | 'ENHANCED'; readonly rules: readonly ScanningRule[] };
  readonly signingRules?: readonly SigningRule[];
  readonly settings?: Readonly<Partial<Record<EcrAccountSetting, string>>>;
  /** Principals whose pulls leave `lastRecordedPullTime` alone. */
  readonly pullTimeExclusions?: readonly { readonly principalArn: string; readonly createdAt: number }[];
}

export interface PublicRegistryAlias {
  readonly name: string;
  readonly status: 'ACTIVE' | 'PENDING' | 'REJECTED';
  readonly primaryRegistryAlias: boolean;
  readonly defaultRegistryAlias: boolean;
}

/** An account's public registry, from its first use. Key: the account. */
export interface PublicRegistryRow {
  readonly account: string;
  readonly aliases: readonly PublicRegistryAlias[];
  readonly displayName?: string;
}

export const templateCauses = ['REPLICATION', 'PULL_THROUGH_CACHE', 'CREATE_ON_PUSH'] as const;
/** What makes a repository without CreateRepository. */
export type TemplateCause = (typeof templateCauses)[number];

/** Key: `<account>/<region>/<prefix>`. */
export interface RepositoryCreationTemplateRow extends Scope {
  readonly key: string;
  /** `ROOT`, or the first segments of the names that it is for, without the slash behind them. */
  readonly prefix: string;
  readonly description?: string;
  readonly encryptionType: 'AES256' | 'KMS' | 'KMS_DSSE';
  readonly kmsKeyArn?: string;
  readonly resourceTags: Readonly<Record<string, string>>;
  readonly imageTagMutability: TagMutability;
  readonly tagMutabilityExclusions: readonly string[];
  readonly policyText?: string;
  readonly lifecyclePolicyText?: string;
  readonly appliedFor: readonly TemplateCause[];
  readonly customRoleArn?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export const upstreamRegistries = [
  'ecr',
  'ecr-public',
  'quay',
  'k8s',
  'docker-hub',
  'github-container-registry',
  'azure-container-registry',
  'gitlab-container-registry',
  'chainguard',
] as const;
export type UpstreamRegistry = (typeof upstreamRegistries)[number];

/** Key: `<account>/<region>/<prefix>`. */
export interface PullThroughCacheRuleRow extends Scope {
  readonly key: string;
  /** `ROOT`, or the first segments of the names that it is for. */
  readonly prefix: string;
  /** Host of the upstream registry. */
  readonly upstreamRegistryUrl: string;
  readonly upstreamRegistry?: UpstreamRegistry;
  /** `ROOT`, or what stands before the names at the upstream; absent (and then ROOT) where the client named none. */
  readonly upstreamPrefix?: string;
  readonly credentialArn?: string;
  readonly customRoleArn?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** An upload of the layers API. Key: its id, which is the blob store's. Public and private alike. */
export interface LayerUploadRow {
  readonly id: string;
  readonly repositoryArn: string;
  readonly createdAt: number;
  readonly receivedBytes: number;
  readonly lastPartBytes: number;
  /** A part other than the last one was smaller than parts must be. */
  readonly hasSmallPart: boolean;
}

/** The latest preview of a lifecycle policy. Key: the repository's ARN. */
export interface LifecyclePreviewRow {
  readonly repositoryArn: string;
  readonly policyText: string;
  readonly status: 'IN_PROGRESS' | 'COMPLETE' | 'FAILED';
  readonly startedAt: number;
  readonly results: readonly LifecyclePreviewResult[];
}

export interface LifecyclePreviewResult {
  readonly digest: string;
  readonly tags: readonly string[];
  readonly pushedAt: number;
  readonly action: 'EXPIRE' | 'TRANSITION';
  readonly rulePriority: number;
  readonly storageClass: 'STANDARD' | 'ARCHIVE';
}
