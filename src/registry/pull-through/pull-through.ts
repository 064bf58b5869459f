/**
 * The pull-through cache: what a repository under a rule does not have yet, it fetches from its upstream while its client
 * reads along, and keeps.
 *
 * - Everything is fetched once, however many ask at the same time.
 * - A tag is served from the cache at once; when it was last compared with the upstream too long ago, that is done behind the
 *   answer. Digests are never asked about again. So what is cached is served with the upstream down.
 * - An image is born (rows, tag) when all of its blobs are there; until then its manifest is answered from memory. An index is
 *   born at once, and its images when they are pulled.
 * - The bytes that another repository has are not a permission: only of what came by the same rule is the upstream believed that
 *   it has the blob, too; everything else it has to send.
 */
import { blobIn } from '#images/blobs.ts';
import { findImage, findTag } from '#images/delete-image.ts';
import { isDigest } from '#images/digest.ts';
import { type ParsedManifest, parseManifest } from '#images/parse-manifest.ts';
import { isTagImmutable } from '#images/tag-mutability.ts';
import { findUpstream, type UpstreamRepository } from '#images/upstream-rules.ts';
import type { Clock } from '#lib/clock.ts';
import { uuid } from '#lib/ids.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import { type ImageRow, type Registry, registryKey } from '#model/ecr.ts';
import type { ReplicaView } from '#store/replica-view.ts';
import { repositories, repositoryBlobs } from '#store/tables/ecr.ts';
import type { BlobStore } from '../blob-store/blob-store.ts';
import type { RegistryClient } from '../client/registry-client.ts';
import { UpstreamError } from '../client/upstream-error.ts';
import type { RegistryControl, Written } from '../control.ts';
import type { Remote } from '../process/rpc.ts';
import type { UpstreamControl } from '../upstream-control.ts';
import { Download } from './download.ts';
import { sameChildren } from './platforms.ts';
import { singleFlight } from './single-flight.ts';
import type { Upstreams } from './upstreams.ts';

/** A repository of ours under a rule. */
export interface Cached {
  readonly registry: Registry;
  readonly name: string;
  readonly arn: string;
  readonly upstream: UpstreamRepository;
}

export interface FetchedManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

export interface PullThroughDeps {
  readonly view: ReplicaView;
  readonly blobs: BlobStore;
  readonly control: Remote<UpstreamControl & Pick<RegistryControl, 'linkBlob'>>;
  readonly upstreams: Upstreams;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** How old a tag may be that is served without comparing it with the upstream. */
  readonly recheckMs: number;
  /** For spool files; empty at the start. */
  readonly directory: string;
}

/** A manifest that was asked for and whose image is not born yet. Longer: more memory; shorter: it is fetched again. */
const pendingMs = 10 * 60_000;
/** After a failure the upstream is left alone that long. */
const refreshPauseMs = 60_000;
/** A base layer may be in thousands of repositories; beyond these it is fetched again. */
const maxAskedRepositories = 100;
/** Blobs of one image that are fetched at a time. */
const blobsAtATime = 3;

interface Pending extends FetchedManifest {
  readonly parsed: ParsedManifest;
  readonly tags: Set<string>;
  readonly until: number;
}

export class PullThrough {
  readonly #deps: PullThroughDeps;
  readonly #manifests = singleFlight<FetchedManifest>();
  readonly #imports = singleFlight<void>();
  readonly #refreshes = singleFlight<void>();
  readonly #opening = singleFlight<Download | undefined>();
  readonly #downloads = new Map<string, Download>();
  readonly #pending = new Map<string, Pending>();
  /** `<repositoryArn>:<tag>` → digest of what is pending under it. */
  readonly #pendingTags = new Map<string, string>();
  readonly #refreshAfter = new Map<string, number>();

  constructor(deps: PullThroughDeps) {
    this.#deps = deps;
  }

  async #settle<T extends object>(written: Promise<Written<T>>): Promise<T> {
    const result = await written;
    if (result.revision > 0) await this.#deps.view.until(result.revision);
    return result;
  }

  async #ask<T>(cached: Cached, work: (client: RegistryClient) => Promise<T>): Promise<T> {
    const { upstreams } = this.#deps;
    try {
      return await work(await upstreams.client(cached.upstream));
    } catch (error) {
      if (error instanceof UpstreamError && error.problem === 'denied') upstreams.forget(cached.upstream);
      throw error;
    }
  }

  /** The image in our rows that a reference means; a tag that may have moved is looked after behind the answer. */
  local(cached: Cached, reference: string): ImageRow | undefined {
    const { view } = this.#deps;
    if (isDigest(reference)) return findImage(view, cached.arn, reference);
    const tag = findTag(view, cached.arn, reference);
    const image = tag && findImage(view, cached.arn, tag.digest);
    if (tag && image) this.#refreshWhenDue(cached, reference, tag.upstreamCheckedAt);
    return image;
  }

  /**
   * The manifest from the upstream. Where somebody pulls (`isPull`: a GET, or a HEAD by tag) its image begins to be cached.
   */
  async manifest(cached: Cached, reference: string, isPull: boolean): Promise<FetchedManifest> {
    this.#forgetPending();
    const digest = isDigest(reference) ? reference : this.#pendingTags.get(`${cached.arn}:${reference}`);
    const found = digest === undefined ? undefined : this.#pending.get(`${cached.arn}@${digest}`);
    const manifest =
      found ?? (await this.#manifests(`${cached.arn} ${reference}`, () => this.#fetchManifest(cached, reference)));
    if (isPull && this.#pending.has(`${cached.arn}@${manifest.digest}`)) this.#importBehind(cached, manifest.digest);
    return manifest;
  }

  /** As for a pull; resolves when the image is born. */
  async bring(cached: Cached, reference: string): Promise<void> {
    const { digest } = await this.manifest(cached, reference, false);
    if (this.#pending.has(`${cached.arn}@${digest}`)) await this.#import(cached, digest);
  }

  #forgetPending(): void {
    const now = this.#deps.clock.now();
    for (const [key, pending] of this.#pending) {
      if (pending.until > now) break;
      this.#dropPending(key);
    }
  }

  #dropPending(key: string): void {
    const pending = this.#pending.get(key);
    this.#pending.delete(key);
    const arn = key.slice(0, key.indexOf('@'));
    for (const tag of pending?.tags ?? []) this.#pendingTags.delete(`${arn}:${tag}`);
  }

  async #fetch(cached: Cached, reference: string): Promise<Pending> {
    const { digest, bytes, mediaType } = await this.#ask(cached, (client) => client.manifest(reference));
    const parsed = parseManifest(bytes, mediaType);
    if ('problem' in parsed) {
      const { host } = await this.#deps.upstreams.client(cached.upstream);
      throw new UpstreamError('invalid', `${host} sent a manifest that cannot be cached: ${parsed.message}`);
    }
    const until = this.#deps.clock.now() + pendingMs;
    const tags = new Set(isDigest(reference) ? [] : [reference]);
    return { digest, bytes, mediaType: parsed.mediaType, parsed, tags, until };
  }

  async #fetchManifest(cached: Cached, reference: string): Promise<FetchedManifest> {
    const fetched = await this.#fetch(cached, reference);
    await this.#ensureRepository(cached);
    if (fetched.parsed.requiredBlobs.every((blob) => blobIn(this.#deps.view, cached.arn, blob))) {
      await this.#store(cached, fetched);
      return fetched;
    }
    const key = `${cached.arn}@${fetched.digest}`;
    const before = this.#pending.get(key);
    const tags = new Set([...(before?.tags ?? []), ...fetched.tags]);
    this.#pending.delete(key);
    this.#pending.set(key, { ...fetched, tags });
    for (const tag of tags) this.#pendingTags.set(`${cached.arn}:${tag}`, fetched.digest);
    return fetched;
  }

  async #ensureRepository({ registry, name }: Cached): Promise<void> {
    const { account, region } = registry;
    const made = await this.#settle(this.#deps.control.ensureCachedRepository({ scope: { account, region }, name }));
    if (!('refused' in made)) return;
    throw new UpstreamError('denied', `the repository '${name}' cannot be created: ${made.refused}`);
  }

  /** Manifest and tags become rows. */
  async #store(cached: Cached, manifest: Pending): Promise<void> {
    const { blobs, control, logger } = this.#deps;
    const { digest, bytes, parsed } = manifest;
    await blobs.write(bytes, digest);
    const input = { repositoryArn: cached.arn, digest, manifestSizeBytes: bytes.length, parsed };
    const result = await this.#settle(control.cacheManifest({ ...input, tags: [...manifest.tags] }));
    if (result.refused) {
      logger.warn('an image was not cached', { repository: cached.arn, digest, reason: result.refused });
    }
    if (result.immutable?.length) {
      logger.warn('a tag is immutable and stays as it is', { repository: cached.arn, tags: result.immutable });
    }
  }

  #importBehind(cached: Cached, digest: string): void {
    void this.#import(cached, digest).catch((error: unknown) => {
      this.#deps.logger.warn('an image could not be cached', { repository: cached.arn, digest, error });
    });
  }

  #import(cached: Cached, digest: string): Promise<void> {
    const key = `${cached.arn}@${digest}`;
    return this.#imports(key, async () => {
      const pending = this.#pending.get(key);
      if (!pending) return;
      const left = [...pending.parsed.requiredBlobs];
      const next = async (): Promise<void> => {
        for (let blob = left.shift(); blob !== undefined; blob = left.shift()) await this.#ensureBlob(cached, blob);
      };
      await Promise.all(Array.from({ length: blobsAtATime }, next));
      // Tags that were asked for meanwhile are in the set by now.
      await this.#store(cached, this.#pending.get(key) ?? pending);
      this.#dropPending(key);
    });
  }

  async #ensureBlob(cached: Cached, digest: string): Promise<void> {
    const download = await this.blob(cached, digest);
    await download?.done;
  }

  /** The blob on its way here; undefined when it is linked to the repository by now. */
  blob(cached: Cached, digest: string): Promise<Download | undefined> {
    const key = `${cached.arn}@${digest}`;
    return this.#opening(key, async () => {
      if (blobIn(this.#deps.view, cached.arn, digest)) return undefined;
      const running = this.#downloads.get(key);
      if (running) return running;
      return this.#ask(cached, async (client) => {
        if (await this.#linkKnown(cached, client, digest)) return undefined;
        return this.#download(cached, client, digest);
      });
    });
  }

  /** Whether it came from the same upstream by the same rule. */
  #isFromSameRule({ registry, upstream }: Cached, digest: string): boolean {
    const { view } = this.#deps;
    let asked = 0;
    for (const row of view.find(repositoryBlobs, 'byDigest', digest)) {
      if (++asked > maxAskedRepositories) return false;
      const repository = view.get(repositories, row.repositoryArn);
      if (!repository || registryKey(repository) !== registryKey(registry)) continue;
      if (findUpstream(view, registry, repository.name)?.rule.key === upstream.rule.key) return true;
    }
    return false;
  }

  /**
   * Bytes that are here for another repository of the rule are not fetched again, if the upstream says that it has them. For
   * any others its word is not enough: who runs an upstream would get every blob whose digest he knows.
   */
  async #linkKnown(cached: Cached, client: RegistryClient, digest: string): Promise<boolean> {
    if (!this.#isFromSameRule(cached, digest)) return false;
    const known = await this.#deps.blobs.stat(digest);
    if (!known) return false;
    if (!(await client.statBlob(digest))) throw new UpstreamError('not found', `${client.host} has no such blob`);
    await this.#link(cached, digest, known.sizeBytes);
    return true;
  }

  async #link(cached: Cached, digest: string, sizeBytes: number): Promise<void> {
    const link = { repositoryArn: cached.arn, digest, sizeBytes };
    const { done } = await this.#settle(this.#deps.control.linkBlob(link));
    if (!done) throw new UpstreamError('not found', 'the repository was deleted meanwhile');
  }

  async #download(cached: Cached, client: RegistryClient, digest: string): Promise<Download> {
    const { blobs, directory, random } = this.#deps;
    const key = `${cached.arn}@${digest}`;
    const download = new Download({
      digest,
      remote: await client.blob(digest),
      blobs,
      spoolPath: `${directory}/${uuid(random)}`,
      finish: ({ sizeBytes }) => this.#link(cached, digest, sizeBytes),
    });
    this.#downloads.set(key, download);
    void download.done.finally(() => this.#downloads.delete(key)).catch(() => {});
    return download;
  }

  /**
   * Size at the upstream, for a HEAD: of blobs only that somebody is about to pull. Who looks before a push would else leave
   * out what is not here.
   */
  async statBlob(cached: Cached, digest: string): Promise<{ readonly sizeBytes: number | undefined } | undefined> {
    if (!this.#isAwaited(cached, digest)) return undefined;
    return this.#ask(cached, (client) => client.statBlob(digest));
  }

  #isAwaited({ arn }: Cached, digest: string): boolean {
    for (const [key, { parsed }] of this.#pending) {
      if (key.startsWith(`${arn}@`) && parsed.requiredBlobs.includes(digest)) return true;
    }
    return false;
  }

  #refreshWhenDue(cached: Cached, tag: string, checkedAt: number | undefined): void {
    const { clock, logger, recheckMs, view } = this.#deps;
    // A tag that never came from the upstream was pushed here, and is its owner's.
    if (checkedAt === undefined || checkedAt + recheckMs > clock.now()) return;
    const repository = view.get(repositories, cached.arn);
    if (!repository || isTagImmutable(repository, tag)) return;
    const key = `${cached.arn}:${tag}`;
    if ((this.#refreshAfter.get(key) ?? 0) > clock.now()) return;
    void this.#refreshes(key, () => this.#refresh(cached, tag)).then(
      () => this.#refreshAfter.delete(key),
      (error: unknown) => {
        this.#refreshAfter.set(key, clock.now() + refreshPauseMs);
        logger.warn('a tag could not be compared with its upstream', { repository: cached.arn, tag, error });
      },
    );
  }

  async #refresh(cached: Cached, tag: string): Promise<void> {
    const { control, view } = this.#deps;
    const held = findTag(view, cached.arn, tag)?.digest;
    const digest = await this.#ask(cached, (client) => client.resolve(tag)).catch((error: unknown) => {
      if (error instanceof UpstreamError && error.problem === 'not found') return held;
      throw error;
    });
    if (held !== undefined && digest === held) {
      await this.#settle(control.noteUpstreamCheck({ repositoryArn: cached.arn, tag, digest: held }));
      return;
    }
    const fetched = await this.#fetch(cached, tag);
    // Of the images of an index those are brought along that were pulled before: with the upstream down they are wanted.
    for (const child of await this.#childrenToBring(cached, held, fetched)) await this.#importNow(cached, child);
    await this.#importNow(cached, fetched.digest, fetched);
  }

  async #childrenToBring(cached: Cached, held: string | undefined, fetched: Pending): Promise<string[]> {
    const { blobs, view } = this.#deps;
    const before = held === undefined ? undefined : findImage(view, cached.arn, held);
    if (!before || before.children.length === 0 || fetched.parsed.kind !== 'index') return [];
    const bytes = await blobs.read(before.digest, before.manifestSizeBytes);
    const had = before.children.filter((child) => findImage(view, cached.arn, child.digest));
    const digests = new Set(had.map((child) => child.digest));
    return bytes ? sameChildren(bytes, fetched.bytes, digests) : [];
  }

  async #importNow(cached: Cached, digest: string, fetched?: Pending): Promise<void> {
    const key = `${cached.arn}@${digest}`;
    if (!fetched && findImage(this.#deps.view, cached.arn, digest)) return;
    this.#pending.set(key, fetched ?? (await this.#fetch(cached, digest)));
    await this.#import(cached, digest);
  }
}
