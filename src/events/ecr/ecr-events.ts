/**
 * From what a transaction changed in ECR's rows to the events that AWS sends for it. Pure. Which change is which event:
 *
 *   a tag names another digest, or is new       ECR Image Action PUSH, with the tag
 *   an image is new, and no tag with it         ECR Image Action PUSH, without a tag
 *   a tag is gone                               ECR Image Action DELETE, with the tag
 *   an image is gone, and had no tag            ECR Image Action DELETE, without a tag
 *   an image is archived or restored            ECR Image Action UPDATE_STORAGE_CLASS
 *   any of these, of an image with a subject    ECR Referrer Action instead
 *   PUSH under a pull-through cache rule        ECR Pull Through Cache Action instead
 *   PUSH of what replication has brought        none, but for each tag of the replication that has ended:
 *   a replication has ended                     ECR Replication Action, in the destination
 *   a scan has findings, or has failed          ECR Image Scan; the first of an ENHANCED one: Inspector2 Scan
 *
 * Public repositories have no events on AWS. https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
import { findUpstream } from '#images/upstream-rules.ts';
import type { ImageRow, ImageTagRow } from '#model/ecr.ts';
import type { ImageScanRow } from '#model/image-scan.ts';
import type { ReplicationRow } from '#model/replication.ts';
import type { Change, ChangeSet, View } from '#store/store.ts';
import { imageScans, images, imageTags, replications } from '#store/tables/ecr.ts';
import { type EventDraft, type Folded, repositoryOf } from './draft.ts';
import { replicationEvents } from './replication-events.ts';
import { scanEvent } from './scan-event.ts';

const watched: ReadonlySet<string> = new Set([images.name, imageTags.name, imageScans.name, replications.name]);

type Tables = ReadonlyMap<string, ReadonlyMap<string, Folded<unknown>>>;

/** A row that was written more than once is one change, from its first state to its last. */
function fold(changes: readonly Change[]): Tables {
  const tables = new Map<string, Map<string, Folded<unknown>>>();
  for (const { table, key, before, after } of changes) {
    if (!watched.has(table)) continue;
    const rows = tables.get(table) ?? new Map<string, Folded<unknown>>();
    tables.set(table, rows);
    rows.set(key, { before: rows.has(key) ? rows.get(key)!.before : before, after });
  }
  return tables;
}

const mediaTypes = (image: ImageRow) => ({
  'manifest-media-type': image.mediaType,
  ...((image.artifactType ?? image.configMediaType) !== undefined && {
    'artifact-media-type': image.artifactType ?? image.configMediaType,
  }),
});

function storageClassDetail(image: ImageRow) {
  const isArchived = image.status === 'ARCHIVED';
  return {
    'action-type': 'UPDATE_STORAGE_CLASS',
    'target-storage-class': isArchived ? 'ARCHIVE' : 'STANDARD',
    ...mediaTypes(image),
    ...(!isArchived &&
      image.activatedAt !== undefined && { 'last-activated-at': new Date(image.activatedAt).toISOString() }),
  };
}

interface Happened {
  readonly repositoryArn: string;
  readonly digest: string;
  readonly tag?: string;
  readonly action: 'PUSH' | 'DELETE' | 'UPDATE_STORAGE_CLASS';
  readonly more?: Readonly<Record<string, unknown>>;
}

const pick = ({ repositoryArn, digest, tag }: Pick<ImageTagRow, 'repositoryArn' | 'digest'> & { tag?: string }) => ({
  repositoryArn,
  digest,
  ...(tag !== undefined && { tag }),
});

/** In the order: tags, then images without one. */
function* whatHappened(
  ofTags: ReadonlyMap<string, Folded<ImageTagRow>>,
  ofImages: ReadonlyMap<string, Folded<ImageRow>>,
): Generator<Happened> {
  const pushedWithTag = new Set<string>();
  const deletedWithTag = new Set<string>();
  for (const { before, after } of ofTags.values()) {
    if (after && after.digest !== before?.digest) {
      pushedWithTag.add(`${after.repositoryArn}@${after.digest}`);
      yield { ...pick(after), action: 'PUSH' };
    } else if (before && !after) {
      deletedWithTag.add(`${before.repositoryArn}@${before.digest}`);
      yield { ...pick(before), action: 'DELETE' };
    }
  }
  for (const [key, { before, after }] of ofImages) {
    if (!before && after && !pushedWithTag.has(key)) yield { ...pick(after), action: 'PUSH' };
    if (before && !after && !deletedWithTag.has(key)) yield { ...pick(before), action: 'DELETE' };
    if (before && after && before.status !== after.status && after.status !== 'ACTIVATING') {
      yield { ...pick(after), action: 'UPDATE_STORAGE_CLASS', more: storageClassDetail(after) };
    }
  }
}

/** `image` is the one that it happened to, as it is or was last. Undefined for public repositories. */
function imageEvent(view: View, happened: Happened, image: ImageRow | undefined): EventDraft | undefined {
  const { repositoryArn, digest, tag, action, more } = happened;
  const repository = repositoryOf(repositoryArn);
  if (!repository) return undefined;
  const { account, region, name } = repository;
  const envelope = { source: 'aws.ecr', account, region };
  const named = { 'repository-name': name, 'image-digest': digest, ...(tag !== undefined && { 'image-tag': tag }) };
  const rule = action === 'PUSH' ? findUpstream(view, { kind: 'private', account, region }, name)?.rule : undefined;
  if (rule) {
    const detail = {
      'rule-version': '1',
      'sync-status': 'SUCCESS',
      'ecr-repository-prefix': rule.prefix,
      'upstream-registry-url': rule.upstreamRegistryUrl,
      ...named,
    };
    return { ...envelope, detailType: 'ECR Pull Through Cache Action', resources: [repositoryArn], detail };
  }
  const isReferrer = image?.subjectDigest !== undefined;
  return {
    ...envelope,
    detailType: isReferrer ? 'ECR Referrer Action' : 'ECR Image Action',
    resources: [],
    detail: { result: 'SUCCESS', ...named, 'action-type': action, ...(isReferrer && mediaTypes(image)), ...more },
  };
}

export function ecrEvents({ changes }: Pick<ChangeSet, 'changes'>, view: View): EventDraft[] {
  const tables = fold(changes);
  if (tables.size === 0) return [];
  const rowsOf = <R>(table: { readonly name: string }) =>
    (tables.get(table.name) ?? new Map()) as ReadonlyMap<string, Folded<R>>;
  const ofImages = rowsOf<ImageRow>(images);
  const ended = [...rowsOf<ReplicationRow>(replications).values()].flatMap(replicationEvents);
  /** What is pushed there in the same transaction was brought by replication. */
  const targets = new Set(ended.flatMap((event) => event.resources));
  const imageOf = (repositoryArn: string, digest: string): ImageRow | undefined => {
    const key = `${repositoryArn}@${digest}`;
    const changed = ofImages.get(key);
    return changed ? (changed.after ?? changed.before) : view.get(images, key);
  };
  const events: (EventDraft | undefined)[] = [...ended];
  for (const happened of whatHappened(rowsOf<ImageTagRow>(imageTags), ofImages)) {
    const { repositoryArn, digest, action } = happened;
    if (action === 'PUSH' && targets.has(repositoryArn)) continue;
    events.push(imageEvent(view, happened, imageOf(repositoryArn, digest)));
  }
  for (const change of rowsOf<ImageScanRow>(imageScans).values()) events.push(scanEvent(view, change));
  return events.filter((event) => event !== undefined);
}
