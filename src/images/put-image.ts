/**
 * Where an image is born: by PutImage, by a push over the OCI routes, by replication and by the pull-through cache. The
 * manifest's bytes are durable in the blob store before this is called.
 *
 * - All or nothing: a refusal is a value and has written nothing.
 * - A tag that may not move never moves, on any path (tag-mutability.ts). Pushing what is there already is no move.
 * - An event "ECR Image Action" PUSH is a change of `imageTags` to another digest, or a new row of `images` without tag.
 */
import type { ImageRow, RepositoryRow } from '#model/ecr.ts';
import type { Tx } from '#store/store.ts';
import { images, imageTags } from '#store/tables/ecr.ts';
import { blobIn, type ImageDeps, inRepository, isBlobIn } from './blobs.ts';
import { scanOnPush } from './image-scans.ts';
import type { ParsedManifest } from './parse-manifest.ts';
import { replicateOnPush } from './replication/request.ts';
import { isTagImmutable } from './tag-mutability.ts';

export interface PutImageRequest {
  readonly repository: RepositoryRow;
  /** Of the manifest's bytes as they were sent. */
  readonly digest: string;
  readonly manifestSizeBytes: number;
  readonly parsed: ParsedManifest;
  /** The tags that are to name it, mostly one; none for a push by digest. */
  readonly tags: readonly string[];
  /** Takes an index whose children are not (yet) there; otherwise CHILD_UNKNOWN. */
  readonly allowMissingChildren?: boolean;
  /** It arrives by replication, and is not replicated on. */
  readonly isReplica?: boolean;
}

export type PutImageRefusal =
  | { readonly refused: 'TAG_IMMUTABLE'; readonly tag: string; readonly digest: string }
  | { readonly refused: 'BLOB_UNKNOWN' | 'CHILD_UNKNOWN'; readonly digests: readonly string[] }
  | { readonly refused: 'TOO_MANY'; readonly message: string };

export interface PutImageDone {
  readonly refused?: undefined;
  readonly image: ImageRow;
  /**
   * `created`: the image is new in the repository; `tagged`: it was there, and some tag is new or has moved to it;
   * `restored`: it was archived and is active again; `unchanged`: image and tags were there already, which PutImage
   * answers with ImageAlreadyExistsException and a docker push with success.
   */
  readonly outcome: 'created' | 'tagged' | 'restored' | 'unchanged';
  /** Tags that were taken from other images, with the digests that they named. */
  readonly moved: readonly { readonly tag: string; readonly digest: string }[];
}

export type PutImageResult = PutImageDone | PutImageRefusal;

export const tagKey = (repositoryArn: string, tag: string): string => `${repositoryArn}:${tag}`;

/** Where AWS's quotas hold. What is there already is never refused. */
function quotaRefusal(tx: Tx, { limits }: ImageDeps, request: PutImageRequest): PutImageRefusal | undefined {
  const { repository, digest } = request;
  const key = inRepository(repository.arn, digest);
  const mostImages = limits?.['images-per-repository'];
  if (mostImages !== undefined && !tx.get(images, key)) {
    if (tx.count(images, 'byRepository', repository.arn) >= mostImages) {
      const message = `The repository with name '${repository.name}' in registry with id '${repository.account}' already has the maximum allowed number of images which is '${mostImages}'`;
      return { refused: 'TOO_MANY', message };
    }
  }
  const mostTags = limits?.['tags-per-image'];
  if (mostTags === undefined) return undefined;
  const added = new Set(
    request.tags.filter((tag) => tx.get(imageTags, tagKey(repository.arn, tag))?.digest !== digest),
  );
  if (added.size === 0 || tx.count(imageTags, 'byImage', key) + added.size <= mostTags) return undefined;
  const message = `The image with digest '${digest}' in the repository with name '${repository.name}' already has the maximum allowed number of tags which is '${mostTags}'`;
  return { refused: 'TOO_MANY', message };
}

function refusalOf(tx: Tx, request: PutImageRequest): PutImageRefusal | undefined {
  const { repository, parsed, digest } = request;
  for (const tag of request.tags) {
    const held = tx.get(imageTags, tagKey(repository.arn, tag));
    if (held && held.digest !== digest && isTagImmutable(repository, tag)) {
      return { refused: 'TAG_IMMUTABLE', tag, digest: held.digest };
    }
  }
  const missingBlobs = parsed.requiredBlobs.filter((blob) => !isBlobIn(tx, repository.arn, blob));
  if (missingBlobs.length > 0) return { refused: 'BLOB_UNKNOWN', digests: missingBlobs };
  if (request.allowMissingChildren) return undefined;
  // Build caches are pushed as indexes of layers, so a child may also be a blob.
  const isThere = (child: string) =>
    tx.get(images, inRepository(repository.arn, child)) !== undefined || isBlobIn(tx, repository.arn, child);
  const missing = parsed.children.map((child) => child.digest).filter((child) => !isThere(child));
  return missing.length > 0 ? { refused: 'CHILD_UNKNOWN', digests: [...new Set(missing)] } : undefined;
}

function imageSizeBytes(tx: Tx, { repository, parsed }: PutImageRequest): number {
  if (parsed.kind === 'index') {
    const sizes = parsed.children.map(
      (child) => tx.get(images, inRepository(repository.arn, child.digest))?.imageSizeBytes ?? 0,
    );
    return sizes.reduce((most, size) => Math.max(most, size), 0);
  }
  const blobs = [...(parsed.config ? [parsed.config] : []), ...parsed.layers];
  return blobs.reduce((sum, blob) => sum + (blobIn(tx, repository.arn, blob.digest)?.sizeBytes ?? blob.sizeBytes), 0);
}

/** Of a manifest in memory. More: rows grow; less: lists of referrers read more manifests from disk. */
const maxAnnotationsLength = 4 * 1024;

/** Only lists of referrers answer annotations, so only images with a subject keep them. */
function annotationsToKeep({ subject, annotations, hasLargeAnnotations }: ParsedManifest): Partial<ImageRow> {
  if (!subject) return {};
  if (hasLargeAnnotations) return { hasLargeAnnotations };
  if (!annotations) return {};
  return JSON.stringify(annotations).length > maxAnnotationsLength ? { hasLargeAnnotations: true } : { annotations };
}

function newImage(tx: Tx, deps: ImageDeps, request: PutImageRequest): ImageRow {
  const { repository, digest, parsed } = request;
  return {
    key: inRepository(repository.arn, digest),
    repositoryArn: repository.arn,
    digest,
    mediaType: parsed.mediaType,
    ...(parsed.artifactType !== undefined && { artifactType: parsed.artifactType }),
    ...(parsed.config && { configMediaType: parsed.config.mediaType, config: parsed.config }),
    manifestSizeBytes: request.manifestSizeBytes,
    imageSizeBytes: imageSizeBytes(tx, request),
    layers: parsed.layers,
    children: parsed.children,
    ...(parsed.subject && { subjectDigest: parsed.subject.digest }),
    ...annotationsToKeep(parsed),
    pushedAt: deps.clock.now(),
    status: 'ACTIVE',
  };
}

/** Points a tag at an image; answers the digest that it named before, if another. Mutability is checked by callers. */
function pointTag(tx: Tx, deps: ImageDeps, repositoryArn: string, tag: string, digest: string): string | undefined {
  const key = tagKey(repositoryArn, tag);
  const before = tx.get(imageTags, key)?.digest;
  tx.put(imageTags, { key, repositoryArn, tag, digest, updatedAt: deps.clock.now() });
  return before;
}

export function putImage(tx: Tx, deps: ImageDeps, request: PutImageRequest): PutImageResult {
  const refusal = refusalOf(tx, request) ?? quotaRefusal(tx, deps, request);
  if (refusal) return refusal;
  const done = bearImage(tx, deps, request);
  if (done.outcome !== 'unchanged' && !request.isReplica) {
    replicateOnPush(tx, deps, request.repository, { digest: request.digest, tags: done.newTags });
  }
  return done;
}

function bearImage(tx: Tx, deps: ImageDeps, request: PutImageRequest): PutImageDone & { readonly newTags: string[] } {
  const { repository, digest } = request;
  const before = tx.get(images, inRepository(repository.arn, digest));
  const tags = [...new Set(request.tags)];
  const newTags = tags.filter((tag) => tx.get(imageTags, tagKey(repository.arn, tag))?.digest !== digest);
  const moved: { tag: string; digest: string }[] = [];
  for (const tag of newTags) {
    const previous = pointTag(tx, deps, repository.arn, tag, digest);
    if (previous !== undefined) moved.push({ tag, digest: previous });
  }
  if (!before) {
    const image = tx.insert(images, newImage(tx, deps, request));
    scanOnPush(tx, deps, repository, image);
    return { image, outcome: 'created', moved, newTags };
  }
  if (before.status !== 'ACTIVE') {
    const image = tx.put(images, { ...before, status: 'ACTIVE' as const, activatedAt: deps.clock.now() });
    return { image, outcome: 'restored', moved, newTags: tags };
  }
  return { image: before, outcome: newTags.length > 0 ? 'tagged' : 'unchanged', moved, newTags };
}
