/**
 * Replication to a registry that is held here, in one transaction: rows only, because bytes are stored once whoever has
 * them. Images of an index go with it. Another account's registry must permit it in its registry policy, as AWS requires.
 *
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions-create-replication.html
 */
import { createAuthorize } from '#auth/authorize.ts';
import { ensureServiceLinkedRole } from '#auth/service-linked-roles.ts';
import { serviceSession } from '#auth/service-session.ts';
import type { Random } from '#lib/random.ts';
import { scopeKey } from '#model/arn.ts';
import { type ImageRow, type RepositoryRow, repositoryArn } from '#model/ecr.ts';
import type { ReplicationRow } from '#model/replication.ts';
import type { ResourcePolicy } from '#protocol/authorize.ts';
import type { Principal } from '#protocol/service.ts';
import type { Tx } from '#store/store.ts';
import { images, registries, repositories } from '#store/tables/ecr.ts';
import { accounts } from '#store/tables/iam.ts';
import { blobIn, type ImageDeps, inRepository, linkBlob } from '../blobs.ts';
import { findTag } from '../delete-image.ts';
import { privateRegistry } from '../image-name.ts';
import { dockerListType, ociArtifactType, ociIndexType, type ParsedManifest } from '../parse-manifest.ts';
import { putImage } from '../put-image.ts';
import { ensureRepository, findRepository } from '../repositories.ts';
import { isTagImmutable } from '../tag-mutability.ts';
import type { ReplicationOutcome } from './request.ts';

export const replicationService = 'replication.ecr.amazonaws.com';
const sessionMs = 3_600_000;

export interface ReplicateDeps extends ImageDeps {
  readonly random: Random;
}

const failed = (failureCode: string, reason: string): ReplicationOutcome => ({ done: false, failureCode, reason });

function isPermitted(
  tx: Tx,
  deps: ReplicateDeps,
  principal: Principal,
  target: { readonly account: string; readonly region: string; readonly arn: string },
  action: string,
): boolean {
  const document = tx.get(registries, scopeKey(target))?.policyText;
  const resourcePolicy: ResourcePolicy | undefined =
    document === undefined ? undefined : { name: 'registry policy', document };
  const decision = createAuthorize({ view: tx, clock: deps.clock })({
    requestId: '',
    region: target.region,
    sourceIp: '',
    userAgent: replicationService,
    secure: true,
    principal,
    permissions: [{ action, resource: target.arn, resourcePolicy }],
  });
  return decision.allowed;
}

/** The repository over there, made when it is missing; or why there is none. */
function targetOf(
  tx: Tx,
  deps: ReplicateDeps,
  row: ReplicationRow,
  source: RepositoryRow,
): RepositoryRow | ReplicationOutcome {
  const { registryId: account, region } = row.destination;
  if (!tx.get(accounts, account)) return failed('RegistryNotFound', `the account ${account} is not held here`);
  const registry = privateRegistry({ account, region });
  const role = ensureServiceLinkedRole(tx, deps, source.account, replicationService);
  const session = {
    service: replicationService,
    name: 'ecr-replication',
    nowMs: deps.clock.now(),
    lifetimeMs: sessionMs,
  };
  const principal = serviceSession(role, session);
  const target = { account, region, arn: repositoryArn(registry, source.name) };
  if (!isPermitted(tx, deps, principal, target, 'ecr:ReplicateImage')) {
    return failed('AccessDenied', 'the policy of the registry does not allow ecr:ReplicateImage');
  }
  const existing = findRepository(tx, registry, source.name);
  if (existing) return existing;
  if (!isPermitted(tx, deps, principal, target, 'ecr:CreateRepository')) {
    return failed(
      'RepositoryNotFound',
      'the repository is not there, and the policy does not allow ecr:CreateRepository',
    );
  }
  const made = ensureRepository(tx, deps, { scope: registry, name: source.name, cause: 'REPLICATION' });
  return typeof made === 'object' ? made : failed('RepositoryNotCreated', `the repository cannot be made: ${made}`);
}

function kindOf(image: ImageRow): ParsedManifest['kind'] {
  if (image.mediaType === ociIndexType || image.mediaType === dockerListType) return 'index';
  return image.mediaType === ociArtifactType ? 'artifact' : 'image';
}

/** What the manifest said when it was pushed. */
function parsedOf(image: ImageRow, requiredBlobs: readonly string[]): ParsedManifest {
  const { mediaType, artifactType, config, layers, children, subjectDigest, annotations, hasLargeAnnotations } = image;
  return {
    kind: kindOf(image),
    mediaType,
    ...(artifactType !== undefined && { artifactType }),
    ...(config && { config }),
    layers,
    children,
    ...(subjectDigest !== undefined && { subject: { digest: subjectDigest, mediaType: '', sizeBytes: 0 } }),
    ...(annotations && { annotations }),
    ...(hasLargeAnnotations && { hasLargeAnnotations }),
    requiredBlobs,
  };
}

function copyImage(
  tx: Tx,
  deps: ReplicateDeps,
  image: ImageRow,
  target: RepositoryRow,
  tags: readonly string[],
  copied = new Set<string>(),
): string[] {
  const codes: string[] = [];
  copied.add(image.digest);
  for (const child of image.children) {
    // Indexes of indexes that list the same ones again and again would otherwise have no end.
    if (copied.has(child.digest)) continue;
    const row = tx.get(images, inRepository(image.repositoryArn, child.digest));
    if (row) codes.push(...copyImage(tx, deps, row, target, [], copied));
  }
  const named = [...(image.config ? [image.config] : []), ...image.layers, ...image.children];
  const held = [...new Set(named.map((blob) => blob.digest))]
    .map((digest) => blobIn(tx, image.repositoryArn, digest))
    .filter((blob) => blob !== undefined);
  for (const { digest, sizeBytes } of held) linkBlob(tx, deps, { repositoryArn: target.arn, digest, sizeBytes });
  const movable = tags.filter((tag) => {
    const there = findTag(tx, target.arn, tag)?.digest;
    return there === undefined || there === image.digest || !isTagImmutable(target, tag);
  });
  const result = putImage(tx, deps, {
    repository: target,
    digest: image.digest,
    manifestSizeBytes: image.manifestSizeBytes,
    parsed: parsedOf(
      image,
      held.map((blob) => blob.digest),
    ),
    tags: movable,
    allowMissingChildren: true,
    isReplica: true,
  });
  return result.refused === undefined ? codes : [...codes, result.refused];
}

/** A tag that is immutable over there stays where it is; the image arrives without it, as at AWS. */
export function replicateHere(tx: Tx, deps: ReplicateDeps, row: ReplicationRow): ReplicationOutcome {
  const image = tx.get(images, row.imageKey);
  const source = tx.get(repositories, row.repositoryArn);
  if (!image || !source) return failed('ImageNotFound', 'the image is gone');
  const target = targetOf(tx, deps, row, source);
  if ('done' in target) return target;
  // A tag that has moved on since is replicated with the image that it names now.
  const tags = row.tags.filter((tag) => findTag(tx, source.arn, tag)?.digest === image.digest);
  const refusals = copyImage(tx, deps, image, target, tags);
  if (refusals.length === 0) return { done: true };
  const reason = `the registry does not take it: ${refusals.join(', ')}`;
  const isIndex = image.children.length > 0;
  return { done: false, failureCode: 'ImageRefused', reason, ...(isIndex && { childFailureCodes: refusals }) };
}
