/**
 * Rows of the image registry. Bytes (blobs and manifests) are in the blob store under their digests; rows say which
 * repository holds which of them, so that access is checked per repository although bytes are stored once.
 */
import { partitionOf, type Scope, scopeKey } from './arn.ts';

/** Private registries are per account and region; public ones per account, all in us-east-1. */
export type RegistryKind = 'private' | 'public';

export interface Registry extends Scope {
  readonly kind: RegistryKind;
}

export const publicRegion = 'us-east-1';

export const registryKey = (registry: Registry): string => `${registry.kind}/${scopeKey(registry)}`;

export const repositoryArn = ({ kind, account, region }: Registry, name: string): string =>
  kind === 'public'
    ? `arn:aws:ecr-public::${account}:repository/${name}`
    : `arn:${partitionOf(region)}:ecr:${region}:${account}:repository/${name}`;

export type TagMutability = 'MUTABLE' | 'IMMUTABLE' | 'IMMUTABLE_WITH_EXCLUSION' | 'MUTABLE_WITH_EXCLUSION';

export interface RepositoryRow extends Scope {
  /** `arn:aws:ecr:<region>:<account>:repository/<name>`, `arn:aws:ecr-public::<account>:repository/<name>` */
  readonly arn: string;
  readonly kind: RegistryKind;
  readonly name: string;
  readonly createdAt: number;
  readonly imageTagMutability: TagMutability;
  /** Wildcard patterns (`*` only) of tags that are exempt in the two modes WITH_EXCLUSION. */
  readonly tagMutabilityExclusions: readonly string[];
  readonly scanOnPush: boolean;
  readonly encryptionType: 'AES256' | 'KMS' | 'KMS_DSSE';
  readonly kmsKeyArn?: string;
  readonly policyText?: string;
  readonly lifecyclePolicyText?: string;
  readonly lifecycleEvaluatedAt?: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Public repositories only: what GetRepositoryCatalogData answers. */
  readonly catalogData?: PublicCatalogData;
}

export interface PublicCatalogData {
  readonly description?: string;
  readonly architectures?: readonly string[];
  readonly operatingSystems?: readonly string[];
  readonly logoUrl?: string;
  readonly aboutText?: string;
  readonly usageText?: string;
}

/** A blob that a repository may serve, because it was uploaded or mounted there. Key: `<repositoryArn>@<digest>`. */
export interface RepositoryBlobRow {
  readonly key: string;
  readonly repositoryArn: string;
  /** `sha256:…` or `sha512:…` */
  readonly digest: string;
  readonly sizeBytes: number;
  readonly createdAt: number;
}

export interface Descriptor {
  readonly digest: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
}

/**
 * A manifest of a repository: an image, an index or an artifact. Key: `<repositoryArn>@<digest>`. Its tags are rows of
 * their own, so that the thousandth tag of an image costs what the first one did.
 */
export interface ImageRow {
  readonly key: string;
  readonly repositoryArn: string;
  readonly digest: string;
  /** As pushed. */
  readonly mediaType: string;
  readonly artifactType?: string;
  /** Media type of the config descriptor, which DescribeImages answers as artifactMediaType. */
  readonly configMediaType?: string;
  readonly manifestSizeBytes: number;
  /** Sum of config and layers; of an index its largest child, as DescribeImages answers it. */
  readonly imageSizeBytes: number;
  readonly config?: Descriptor;
  readonly layers: readonly Descriptor[];
  /** Of an index: its manifests, in order. */
  readonly children: readonly Descriptor[];
  /** `subject.digest`: what this refers to, be it there or not. */
  readonly subjectDigest?: string;
  /** Of an image with a subject, whose list of referrers answers them. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** They are too large to be kept here: the manifest has them. */
  readonly hasLargeAnnotations?: true;
  readonly pushedAt: number;
  readonly status: 'ACTIVE' | 'ARCHIVED' | 'ACTIVATING';
  readonly archivedAt?: number;
  readonly activatedAt?: number;
}

/** A tag of a repository. Key: `<repositoryArn>:<tag>`, so that a walk in key order is a walk in the order of tags. */
export interface ImageTagRow {
  readonly key: string;
  readonly repositoryArn: string;
  readonly tag: string;
  readonly digest: string;
  readonly updatedAt: number;
  /** Of the pull-through cache: when it was last compared with its upstream. */
  readonly upstreamCheckedAt?: number;
}

/** When an image was last pulled; apart from the image, because it changes so often. Key as of the image. */
export interface ImagePullRow {
  readonly key: string;
  readonly repositoryArn: string;
  readonly lastPulledAt: number;
}
