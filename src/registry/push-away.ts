/**
 * An image of ours pushed to another registry, with everything that it needs: the images of an index first, blobs before
 * manifests. What is there already is not sent again, so a push that was broken off goes on where it was.
 */
import { blobIn } from '#images/blobs.ts';
import { findImage } from '#images/delete-image.ts';
import type { PushAwayJob, PushAwayResult } from '#images/replication/remote.ts';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { ImageRow } from '#model/ecr.ts';
import type { ReplicaView } from '#store/replica-view.ts';
import type { BlobStore } from './blob-store/blob-store.ts';
import type { HttpClient } from './client/http.ts';
import { type BlobBytes, pushBlob, putManifest } from './client/push.ts';
import { RegistryClient } from './client/registry-client.ts';
import { UpstreamError, type UpstreamProblem } from './client/upstream-error.ts';

export interface PushAwayDeps {
  readonly view: ReplicaView;
  readonly blobs: BlobStore;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Says to another Slipway that a push is a replication: its templates for that apply, and it is not replicated on. */
export const replicationHeader = 'slipway-replication';

class Missing extends Error {}

const codes: Readonly<Record<UpstreamProblem, string>> = {
  denied: 'AccessDenied',
  'not found': 'RepositoryNotFound',
  throttled: 'DestinationTooManyRequests',
  unavailable: 'DestinationUnavailable',
  invalid: 'DestinationRefused',
};

class Push {
  readonly #deps: PushAwayDeps;
  readonly #job: PushAwayJob;
  readonly #client: RegistryClient;
  /** Images that were pushed already: indexes may list the same ones many times. */
  readonly #pushed = new Set<string>();

  constructor(deps: PushAwayDeps, job: PushAwayJob) {
    this.#deps = deps;
    this.#job = job;
    this.#client = new RegistryClient({
      base: new URL(job.base),
      repository: job.repositoryName,
      credentials: job.credentials,
      http: deps.http,
      clock: deps.clock,
      headers: { [replicationHeader]: job.source },
    });
  }

  async image(digest: string, tags: readonly string[]): Promise<void> {
    const { view, blobs } = this.#deps;
    const image = findImage(view, this.#job.repositoryArn, digest);
    if (!image) throw new Missing(`the image ${digest} is gone`);
    this.#pushed.add(digest);
    for (const child of image.children) {
      if (this.#pushed.has(child.digest)) continue;
      if (findImage(view, this.#job.repositoryArn, child.digest)) await this.image(child.digest, []);
      else if (blobIn(view, this.#job.repositoryArn, child.digest)) await this.#blob(child.digest);
    }
    await this.#blobs(image);
    const bytes = await blobs.read(digest, image.manifestSizeBytes);
    if (!bytes) throw new Missing(`the manifest ${digest} is gone`);
    const manifest = { bytes, mediaType: image.mediaType };
    for (const reference of tags.length === 0 ? [digest] : tags) await putManifest(this.#client, reference, manifest);
  }

  async #blobs(image: ImageRow): Promise<void> {
    const all = [...(image.config ? [image.config] : []), ...image.layers];
    for (const digest of new Set(all.map((blob) => blob.digest))) {
      // Layers that lie with their publisher are nobody's to send.
      if (blobIn(this.#deps.view, image.repositoryArn, digest)) await this.#blob(digest);
    }
  }

  async #blob(digest: string): Promise<void> {
    const { blobs, clock } = this.#deps;
    const found = await blobs.stat(digest);
    if (!found) throw new Missing(`the blob ${digest} is gone`);
    const bytes: BlobBytes = {
      digest,
      sizeBytes: found.sizeBytes,
      async *stream(start, end) {
        const source = await blobs.open(digest);
        if (!source) throw new Missing(`the blob ${digest} is gone`);
        try {
          yield* source.stream(start, end);
        } finally {
          await source.close();
        }
      },
    };
    await pushBlob(this.#client, clock, bytes);
  }
}

/** Never rejects. */
export async function pushAway(deps: PushAwayDeps, job: PushAwayJob): Promise<PushAwayResult> {
  try {
    await new Push(deps, job).image(job.digest, job.tags);
    return { done: true };
  } catch (error) {
    if (error instanceof Missing) {
      return { done: false, failureCode: 'ImageNotFound', reason: error.message, mayPass: false };
    }
    if (error instanceof UpstreamError) {
      const mayPass = error.problem === 'unavailable' || error.problem === 'throttled';
      return { done: false, failureCode: codes[error.problem], reason: error.message, mayPass };
    }
    deps.logger.error('a push to another registry failed', { repository: job.repositoryArn, error });
    return { done: false, failureCode: 'InternalFailure', reason: 'the log says why', mayPass: true };
  }
}
