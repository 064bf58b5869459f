import type { Logger } from '#lib/logger.ts';
import {
  type ContainerEngine,
  EngineError,
  type ImageInspection,
  isEngineError,
  type RegistryAuth,
} from '../engine-api/engine.ts';
import { ImageRefused, type OwnImage } from './own-images.ts';

/** As `ECS_IMAGE_PULL_BEHAVIOR`. `default` pulls and falls back to the local image; `once` pulls each image once per agent start. */
export const imagePullBehaviors = ['default', 'always', 'once', 'prefer-cached'] as const;
export type ImagePullBehavior = (typeof imagePullBehaviors)[number];

export interface PulledImage {
  readonly imageId: string;
  readonly imageDigest?: string;
  /** What the engine knows it by, where that is not the name that was asked for. */
  readonly reference?: string;
}

/** Who asks the registry itself what a name stands for; see own-images.ts. */
export type FindOwn = (signal: AbortSignal) => Promise<OwnImage>;

interface PullInProgress {
  readonly done: Promise<void>;
  readonly abort: AbortController;
  waiting: number;
}

/** `registry/name` without tag and digest, as it stands before the `@` of a repo digest. */
const repositoryOf = (image: string): string => {
  const name = image.split('@')[0]!;
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
};

function digestOf(image: string, inspection: ImageInspection): string | undefined {
  const pinned = image.split('@')[1];
  if (pinned) return pinned;
  const repository = repositoryOf(image).replace(/^docker\.io\/(library\/)?/, '');
  const own = inspection.repoDigests.find((digest) => digest.startsWith(`${repository}@`));
  return (own ?? inspection.repoDigests[0])?.split('@')[1];
}

export interface PullOptions {
  readonly auth?: RegistryAuth;
  readonly signal: AbortSignal;
  readonly onPull: () => void;
  /** For images of the control plane's own registry. */
  readonly findOwn?: FindOwn;
}

/** Makes images present. Several containers that want one image at the same time share one pull. */
export class ImagePulls {
  readonly #engine: ContainerEngine;
  readonly #behavior: ImagePullBehavior;
  readonly #logger: Logger;
  readonly #inProgress = new Map<string, PullInProgress>();
  readonly #pulled = new Set<string>();

  constructor(engine: ContainerEngine, behavior: ImagePullBehavior, logger: Logger) {
    this.#engine = engine;
    this.#behavior = behavior;
    this.#logger = logger;
  }

  /**
   * The image, pulled if the behaviour says so; `onPull` is called when a pull begins. Throws the pull's `EngineError`.
   * Aborting the signal gives up this wait; the pull itself ends when nobody waits for it.
   */
  async ensure(image: string, options: PullOptions): Promise<PulledImage> {
    if (options.findOwn) return this.#ensureOwn(image, options.findOwn, options);
    const cached = this.#mayUseCached(image) ? await this.#inspect(image) : undefined;
    if (cached) return this.#toPulled(image, cached);
    options.onPull();
    try {
      await this.#pull(image, options.auth, options.signal);
      this.#pulled.add(image);
    } catch (error) {
      if (this.#behavior !== 'default' || isEngineError(error, 'aborted') || isEngineError(error, 'unreachable'))
        throw error;
      const fallback = await this.#inspect(image);
      if (!fallback) throw error;
      this.#logger.warn('pull failed; using the local image', { image, error: (error as Error).message });
      return this.#toPulled(image, fallback);
    }
    return this.#toPulled(image, await this.#engine.inspectImage(image));
  }

  /** The registry is asked also for what is here already: it may have something against it. */
  async #ensureOwn(image: string, findOwn: FindOwn, options: PullOptions): Promise<PulledImage> {
    let own: OwnImage;
    try {
      own = await findOwn(options.signal);
    } catch (error) {
      if (error instanceof ImageRefused || isEngineError(error, 'aborted') || this.#behavior === 'always') throw error;
      const fallback = await this.#inspect(image);
      if (!fallback) throw error;
      this.#logger.warn('the registry does not have the image; using the local one', {
        image,
        error: (error as Error).message,
      });
      return this.#toPulled(image, fallback);
    }
    if (!(await this.#inspect(own.source))) {
      options.onPull();
      await this.#pull(own.source, own.auth ?? options.auth, options.signal);
    }
    const { imageId } = await this.#engine.inspectImage(own.source);
    if (own.tag !== undefined) await this.#engine.tagImage(imageId, own.tag);
    return { imageId, imageDigest: own.digest, ...(own.isPinned ? { reference: imageId } : {}) };
  }

  #mayUseCached(image: string): boolean {
    if (this.#behavior === 'prefer-cached') return true;
    if (this.#behavior === 'once') return this.#pulled.has(image);
    // Content behind a digest never changes.
    return this.#behavior === 'default' && image.includes('@');
  }

  async #inspect(image: string): Promise<ImageInspection | undefined> {
    try {
      return await this.#engine.inspectImage(image);
    } catch (error) {
      if (isEngineError(error, 'not-found')) return undefined;
      throw error;
    }
  }

  #toPulled(image: string, inspection: ImageInspection): PulledImage {
    const imageDigest = digestOf(image, inspection);
    return { imageId: inspection.imageId, ...(imageDigest ? { imageDigest } : {}) };
  }

  async #pull(image: string, auth: RegistryAuth | undefined, signal: AbortSignal): Promise<void> {
    // Credentials are part of the key: another task's right to an image is not this one's.
    const key = auth ? `${image}\n${auth.username}\n${auth.password}` : image;
    let pull = this.#inProgress.get(key);
    if (!pull) {
      const abort = new AbortController();
      const done = this.#engine
        .pullImage(image, { ...(auth ? { auth } : {}), signal: abort.signal })
        .finally(() => this.#inProgress.delete(key));
      pull = { done, abort, waiting: 0 };
      this.#inProgress.set(key, pull);
    }
    const shared = pull;
    shared.waiting++;
    try {
      await Promise.race([shared.done, this.#aborted(signal)]);
    } finally {
      if (--shared.waiting === 0) {
        shared.done.catch(() => {});
        shared.abort.abort();
      }
    }
  }

  #aborted(signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      const onAbort = () => reject(new EngineError('aborted', 'the pull was given up'));
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
