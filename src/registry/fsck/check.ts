/**
 * Looks at everything that a registry has: every byte against its digest, every row against the bytes. Works while pushes and
 * pulls go on, because what looks wrong is looked at again before it is called so, and a repair never touches what was
 * pushed after the check began.
 *
 * A repair throws away what cannot be used and what names it, so that clients are told that it is missing: the next push of
 * the image brings it again. It never throws away an image: what it would need stays in the report.
 */
import { createHash } from 'node:crypto';
import { inRepository } from '#images/blobs.ts';
import { isDigest } from '#images/digest.ts';
import { maxManifestBytes, parseManifest } from '#images/parse-manifest.ts';
import type { ImageRow } from '#model/ecr.ts';
import type { View } from '#store/store.ts';
import { images, imageTags, repositoryBlobs } from '#store/tables/ecr.ts';
import { algorithmOf, type BlobStore } from '../blob-store/blob-store.ts';
import { isReferenced } from '../garbage/rules.ts';
import { turn } from '../garbage/turn.ts';
import type { Repairs } from './repairs.ts';

export const problemKinds = [
  /** Bytes that are not what their digest says. */
  'CORRUPT_BLOB',
  /** A repository has a blob of which there are no bytes. */
  'MISSING_BLOB',
  /** A row says another size than the bytes have. */
  'WRONG_SIZE',
  /** The bytes of an image's manifest are not there, or cannot be read. */
  'MISSING_MANIFEST',
  /** An image needs a blob that its repository does not have. */
  'MISSING_LAYER',
  /** A tag names an image that is not there. */
  'DANGLING_TAG',
] as const;

export interface Problem {
  readonly kind: (typeof problemKinds)[number];
  readonly message: string;
  readonly digest?: string;
  readonly repositoryArn?: string;
  readonly repaired: boolean;
}

export interface CheckReport {
  readonly blobs: number;
  readonly bytes: number;
  readonly links: number;
  readonly images: number;
  readonly tags: number;
  /** Nothing names them: for the garbage collection, and no problem. */
  readonly orphans: { readonly count: number; readonly bytes: number };
  readonly problemCount: number;
  readonly repairedCount: number;
  /** The first thousand. */
  readonly problems: readonly Problem[];
}

const maxProblems = 1_000;
const rowsPerTurn = 1_000;

export interface CheckOptions {
  readonly view: View;
  readonly blobs: BlobStore;
  /** Absent: only look. */
  readonly repairs?: Repairs;
  /** Takes bytes away that are no good. */
  readonly discard?: (digest: string) => Promise<void>;
  readonly onProgress?: (report: CheckReport) => void;
}

type Counts = { -readonly [K in Exclude<keyof CheckReport, 'problems' | 'orphans'>]: number };

export class Check {
  readonly #options: CheckOptions;
  readonly #counts: Counts = { blobs: 0, bytes: 0, links: 0, images: 0, tags: 0, problemCount: 0, repairedCount: 0 };
  readonly #orphans = { count: 0, bytes: 0 };
  readonly #problems: Problem[] = [];
  readonly #sizes = new Map<string, number>();

  constructor(options: CheckOptions) {
    this.#options = options;
  }

  get report(): CheckReport {
    return { ...this.#counts, orphans: { ...this.#orphans }, problems: this.#problems };
  }

  async run(): Promise<CheckReport> {
    await this.#checkBlobs();
    await this.#checkLinks();
    await this.#checkImages();
    await this.#checkTags();
    return this.report;
  }

  #note(problem: Omit<Problem, 'repaired'>, repaired: boolean): void {
    this.#counts.problemCount += 1;
    if (repaired) this.#counts.repairedCount += 1;
    if (this.#problems.length < maxProblems) this.#problems.push({ ...problem, repaired });
  }

  async #checkBlobs(): Promise<void> {
    const { blobs, view, repairs, discard } = this.#options;
    for await (const { digest } of blobs.list()) {
      if (!isDigest(digest)) continue;
      const found = await this.#hash(digest);
      if (!found) continue;
      this.#counts.blobs += 1;
      this.#counts.bytes += found.sizeBytes;
      if (found.got === digest) {
        this.#sizes.set(digest, found.sizeBytes);
        if (isReferenced(view, digest)) continue;
        this.#orphans.count += 1;
        this.#orphans.bytes += found.sizeBytes;
        continue;
      }
      if (repairs && discard) {
        await discard(digest);
        await repairs.unlinkLost({ digest });
      }
      const why = found.got === undefined ? `cannot be read (${found.error})` : `hashes to ${found.got}`;
      this.#note({ kind: 'CORRUPT_BLOB', digest, message: `${digest} ${why}` }, repairs !== undefined);
    }
  }

  async #hash(digest: string): Promise<{ got: string | undefined; sizeBytes: number; error?: string } | undefined> {
    const source = await this.#options.blobs.open(digest);
    if (!source) return undefined;
    const algorithm = algorithmOf(digest);
    const state = createHash(algorithm);
    const { sizeBytes } = source;
    try {
      for await (const piece of source.stream(0, sizeBytes)) {
        state.update(piece);
        await turn();
      }
      return { got: `${algorithm}:${state.digest('hex')}`, sizeBytes };
    } catch (error) {
      return { got: undefined, sizeBytes, error: (error as Error).message };
    } finally {
      await source.close();
    }
  }

  /** Undefined when there are no good bytes; those that came during the check count. */
  async #sizeOf(digest: string): Promise<number | undefined> {
    const known = this.#sizes.get(digest);
    if (known !== undefined) return known;
    const found = await this.#hash(digest);
    if (found?.got !== digest) return undefined;
    this.#sizes.set(digest, found.sizeBytes);
    return found.sizeBytes;
  }

  async #checkLinks(): Promise<void> {
    const { view, repairs } = this.#options;
    for (const row of view.all(repositoryBlobs)) {
      this.#counts.links += 1;
      if (this.#counts.links % rowsPerTurn === 0) await turn();
      const { digest, repositoryArn } = row;
      const size = await this.#sizeOf(digest);
      const isStill = view.get(repositoryBlobs, row.key) === row;
      if (size === row.sizeBytes || !isStill) continue;
      if (size === undefined) {
        await repairs?.unlinkLost({ digest });
        const message = `${repositoryArn} has ${digest}, of which there are no bytes`;
        this.#note({ kind: 'MISSING_BLOB', digest, repositoryArn, message }, repairs !== undefined);
      } else {
        await repairs?.setSize({ key: row.key, sizeBytes: size });
        const message = `${digest} has ${size} bytes; ${repositoryArn} says ${row.sizeBytes}`;
        this.#note({ kind: 'WRONG_SIZE', digest, repositoryArn, message }, repairs !== undefined);
      }
    }
  }

  async #checkImages(): Promise<void> {
    const { view } = this.#options;
    for (const image of view.all(images)) {
      this.#counts.images += 1;
      if (this.#counts.images % rowsPerTurn === 0) await turn();
      const { digest, repositoryArn } = image;
      const size = await this.#sizeOf(digest);
      const isThere = () => view.get(images, image.key) !== undefined;
      if (size === image.manifestSizeBytes) await this.#checkManifest(image);
      else if (isThere()) {
        const has = size === undefined ? 'no bytes' : `${size} bytes instead of ${image.manifestSizeBytes}`;
        const message = `the manifest ${digest} of ${repositoryArn} has ${has}; push the image again`;
        this.#note({ kind: 'MISSING_MANIFEST', digest, repositoryArn, message }, false);
      }
    }
  }

  async #checkManifest(image: ImageRow): Promise<void> {
    const { view, blobs, repairs } = this.#options;
    const { repositoryArn } = image;
    const bytes = await blobs.read(image.digest, maxManifestBytes);
    const parsed = bytes && parseManifest(bytes, image.mediaType);
    if (!parsed || 'problem' in parsed) return;
    for (const digest of parsed.requiredBlobs) {
      const key = inRepository(repositoryArn, digest);
      if (view.get(repositoryBlobs, key) || !view.get(images, image.key)) continue;
      const sizeBytes = await this.#sizeOf(digest);
      if (sizeBytes !== undefined) await repairs?.link({ repositoryArn, digest, sizeBytes });
      const repaired = repairs !== undefined && sizeBytes !== undefined;
      const how = repaired ? '' : '; push the image again';
      const message = `the image ${image.digest} of ${repositoryArn} needs ${digest}, which is not there${how}`;
      this.#note({ kind: 'MISSING_LAYER', digest, repositoryArn, message }, repaired);
    }
  }

  async #checkTags(): Promise<void> {
    const { view, repairs } = this.#options;
    for (const { key, repositoryArn, digest, tag } of view.all(imageTags)) {
      this.#counts.tags += 1;
      if (this.#counts.tags % rowsPerTurn === 0) await turn();
      if (view.get(images, inRepository(repositoryArn, digest))) continue;
      if (view.get(imageTags, key)?.digest !== digest) continue;
      await repairs?.deleteTag({ key, digest });
      const message = `the tag ${tag} of ${repositoryArn} names ${digest}, which is not there`;
      this.#note({ kind: 'DANGLING_TAG', digest, repositoryArn, message }, repairs !== undefined);
    }
  }
}
