/** Tables of the image registry. */
import { scopeKey } from '#model/arn.ts';
import {
  type ImagePullRow,
  type ImageRow,
  type ImageTagRow,
  type RepositoryBlobRow,
  type RepositoryRow,
  registryKey,
} from '#model/ecr.ts';
import type {
  LayerUploadRow,
  LifecyclePreviewRow,
  PublicRegistryRow,
  PullThroughCacheRuleRow,
  RegistryRow,
  RepositoryCreationTemplateRow,
} from '#model/ecr-registry.ts';
import type { ImageScanRow, ScanSourceRow } from '#model/image-scan.ts';
import type { ReplicationBackfillItemRow, ReplicationBackfillRow, ReplicationRow } from '#model/replication.ts';
import { table } from '../table.ts';

export const repositories = table<RepositoryRow>()({
  name: 'repositories',
  key: (row) => row.arn,
  indexes: {
    /** `private/account/region`, `public/account/us-east-1` */
    byRegistry: registryKey,
    withLifecyclePolicy: (row) => (row.lifecyclePolicyText === undefined ? undefined : 'lifecycle'),
  },
});

export const repositoryBlobs = table<RepositoryBlobRow>()({
  name: 'repositoryBlobs',
  key: (row) => row.key,
  indexes: { byRepository: (row) => row.repositoryArn, byDigest: (row) => row.digest },
});

export const images = table<ImageRow>()({
  name: 'images',
  key: (row) => row.key,
  indexes: {
    byRepository: (row) => row.repositoryArn,
    byDigest: (row) => row.digest,
    /** `<repositoryArn>@<digest>` of what it refers to. */
    bySubject: (row) => (row.subjectDigest === undefined ? undefined : `${row.repositoryArn}@${row.subjectDigest}`),
    /** `<repositoryArn>@<digest>` of every manifest that an index lists. */
    byChild: (row) => row.children.map((child) => `${row.repositoryArn}@${child.digest}`),
    /** `<repositoryArn>@<digest>` of config and layers. */
    byBlob: (row) =>
      [...(row.config ? [row.config] : []), ...row.layers].map((blob) => `${row.repositoryArn}@${blob.digest}`),
  },
});

export const imageTags = table<ImageTagRow>()({
  name: 'imageTags',
  key: (row) => row.key,
  indexes: { byRepository: (row) => row.repositoryArn, byImage: (row) => `${row.repositoryArn}@${row.digest}` },
});

export const imagePulls = table<ImagePullRow>()({
  name: 'imagePulls',
  key: (row) => row.key,
  indexes: { byRepository: (row) => row.repositoryArn },
});

/** Private registries that differ from the defaults. */
export const registries = table<RegistryRow>()({ name: 'registries', key: scopeKey, indexes: {} });

export const publicRegistries = table<PublicRegistryRow>()({
  name: 'publicRegistries',
  key: (row) => row.account,
  indexes: { byAlias: (row) => row.aliases.map((alias) => alias.name) },
});

export const repositoryCreationTemplates = table<RepositoryCreationTemplateRow>()({
  name: 'repositoryCreationTemplates',
  key: (row) => row.key,
  indexes: { byScope: scopeKey },
});

export const pullThroughCacheRules = table<PullThroughCacheRuleRow>()({
  name: 'pullThroughCacheRules',
  key: (row) => row.key,
  indexes: { byScope: scopeKey },
});

export const layerUploads = table<LayerUploadRow>()({
  name: 'layerUploads',
  key: (row) => row.id,
  indexes: { byRepository: (row) => row.repositoryArn },
});

export const lifecyclePreviews = table<LifecyclePreviewRow>()({
  name: 'lifecyclePreviews',
  key: (row) => row.repositoryArn,
  indexes: {},
});

export const imageScans = table<ImageScanRow>()({
  name: 'imageScans',
  key: (row) => row.key,
  indexes: {
    byRepository: (row) => row.repositoryArn,
    /** `NOW` and `LATER`: all that are to be made. */
    wanted: (row) => row.wanted,
  },
});

export const scanSources = table<ScanSourceRow>()({ name: 'scanSources', key: (row) => row.key, indexes: {} });

export const replications = table<ReplicationRow>()({
  name: 'replications',
  key: (row) => row.key,
  indexes: {
    byImage: (row) => row.imageKey,
    open: (row) => (row.status === 'IN_PROGRESS' ? 'open' : undefined),
    /** Those that a backfill asked for and nobody else, while they are not done. */
    openOfBackfill: (row) => (row.status === 'IN_PROGRESS' ? row.backfillId : undefined),
  },
});

export const replicationBackfills = table<ReplicationBackfillRow>()({
  name: 'replicationBackfills',
  key: (row) => row.id,
  indexes: { byScope: scopeKey },
});

export const replicationBackfillItems = table<ReplicationBackfillItemRow>()({
  name: 'replicationBackfillItems',
  key: (row) => row.key,
  indexes: {
    byBackfill: (row) => row.backfillId,
    /** `<backfillId>/<status>` */
    byStatus: (row) => `${row.backfillId}/${row.status}`,
    /** Key of the replication that those wait for which are not done. */
    pending: (row) => (row.status === 'PENDING' ? row.replicationKey : undefined),
  },
});
