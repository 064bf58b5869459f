/**
 * The registry's writes, in the control plane: rows are written here and only here. The registry process asks for them
 * once the bytes are on stable storage and permission was given; what is answered is durable.
 *
 * Results carry the revision that the registry process has to have before it answers its client, so that what a client has
 * pushed it can pull at once.
 */
import { hasInstanceGone } from '#auth/instances.ts';
import { hasTaskEnded } from '#auth/task-roles.ts';
import { needsPromise, promiseBlob } from '#images/blob-promises.ts';
import { blobIn, type ImageDeps, type ImageLimits, inRepository, linkBlob, mountBlob } from '#images/blobs.ts';
import { deleteImage, deleteTag, findImage, parentsOf } from '#images/delete-image.ts';
import { privateRegistry } from '#images/image-name.ts';
import type { ParsedManifest } from '#images/parse-manifest.ts';
import { type Pull, recordPull } from '#images/pulls.ts';
import { type PutImageRefusal, putImage } from '#images/put-image.ts';
import {
  createRepository,
  ensureRepository,
  findRepository,
  isRegistryFull,
  type NoRepository,
} from '#images/repositories.ts';
import type { UsagePoint } from '#images/usage.ts';
import type { Clock } from '#lib/clock.ts';
import type { Scope } from '#model/arn.ts';
import type { Principal } from '#protocol/service.ts';
import type { Store, Tx } from '#store/store.ts';
import { images, repositories, repositoryBlobs } from '#store/tables/ecr.ts';

/** `T`, and the revision that shows it; 0 when nothing was changed. */
export type Written<T> = T & { readonly revision: number };

export type EnsureResult = { readonly repositoryArn: string } | { readonly refused: NoRepository };

export interface EnsureRepositoryInput {
  readonly scope: Scope;
  readonly name: string;
  readonly always: boolean;
  /** Another Slipway replicates to here. */
  readonly isReplication?: boolean;
}

export interface PutManifestInput {
  readonly repositoryArn: string;
  readonly digest: string;
  readonly manifestSizeBytes: number;
  readonly parsed: ParsedManifest;
  readonly tags: readonly string[];
  readonly isReplica?: boolean;
}

export type PutManifestResult =
  | PutImageRefusal
  | { readonly refused: 'NO_REPOSITORY' }
  | { readonly refused?: undefined };

type Outcome = { readonly done: boolean; readonly why?: 'UNKNOWN' | 'IN_USE'; readonly by?: readonly string[] };

export function createRegistryControl(deps: {
  readonly store: Store;
  readonly clock: Clock;
  /** Quotas that hold. */
  readonly limits?: ImageLimits;
  readonly recordUsage?: (points: readonly UsagePoint[]) => void;
  /** Of the newest transaction that the registry process gets to see; others would be waited for in vain. */
  readonly seenRevision?: () => number;
}) {
  const { store } = deps;
  const seenRevision = deps.seenRevision ?? (() => store.revision);
  const imageDeps: ImageDeps = { clock: deps.clock, ...(deps.limits && { limits: deps.limits }) };

  /** Answers when the transaction is durable. */
  const write = async <T extends object>(fn: (tx: Tx) => T): Promise<Written<T>> => {
    const before = seenRevision();
    const result = store.transact(fn);
    const revision = seenRevision() === before ? 0 : seenRevision();
    await store.durable();
    return { ...result, revision };
  };

  return {
    /** Makes the repository of a push; `always` is the operator's word, else a template has to say so. */
    ensureRepository: (input: EnsureRepositoryInput) =>
      write((tx): EnsureResult => {
        const { scope, name, always, isReplication } = input;
        const cause = isReplication ? 'REPLICATION' : 'CREATE_ON_PUSH';
        const made = ensureRepository(tx, imageDeps, { scope, name, cause });
        if (typeof made === 'object') return { repositoryArn: made.arn };
        if (made !== 'NO_TEMPLATE' || !always) return { refused: made };
        const registry = privateRegistry(scope);
        if (isRegistryFull(tx, imageDeps, registry)) return { refused: 'TOO_MANY_REPOSITORIES' };
        const plain = createRepository(tx, imageDeps, { registry, name }) ?? findRepository(tx, registry, name)!;
        return { repositoryArn: plain.arn };
      }),

    linkBlob: (input: { readonly repositoryArn: string; readonly digest: string; readonly sizeBytes: number }) =>
      write((tx) => {
        if (!tx.get(repositories, input.repositoryArn)) return { done: false };
        const row = blobIn(tx, input.repositoryArn, input.digest);
        if (!row || needsPromise(tx, row, deps.clock.now())) linkBlob(tx, imageDeps, input);
        return { done: true };
      }),

    mountBlob: (input: { readonly from: string; readonly to: string; readonly digest: string }) =>
      write((tx) => ({ done: mountBlob(tx, imageDeps, input) !== undefined })),

    /** Before a client is told of a blob that no image uses; false when it is gone. */
    promiseBlob: (input: { readonly repositoryArn: string; readonly digest: string }) =>
      write((tx) => ({ done: promiseBlob(tx, imageDeps, input.repositoryArn, input.digest) !== undefined })),

    putManifest: (input: PutManifestInput) =>
      write((tx): PutManifestResult => {
        const repository = tx.get(repositories, input.repositoryArn);
        if (!repository) return { refused: 'NO_REPOSITORY' };
        const result = putImage(tx, imageDeps, { ...input, repository });
        return result.refused === undefined ? {} : result;
      }),

    deleteManifest: (input: { readonly repositoryArn: string; readonly digest: string }) =>
      write((tx): Outcome => {
        const image = findImage(tx, input.repositoryArn, input.digest);
        if (!image) return { done: false, why: 'UNKNOWN' };
        const parents = parentsOf(tx, image);
        if (parents.length > 0) return { done: false, why: 'IN_USE', by: parents };
        deleteImage(tx, image);
        return { done: true };
      }),

    deleteTag: (input: { readonly repositoryArn: string; readonly tag: string }) =>
      write((tx) => ({ done: deleteTag(tx, input.repositoryArn, input.tag) })),

    /** The repository serves the blob no more; its bytes stay until the garbage collection finds nobody who needs them. */
    unlinkBlob: (input: { readonly repositoryArn: string; readonly digest: string }) =>
      write((tx): Outcome => {
        const { repositoryArn, digest } = input;
        if (!blobIn(tx, repositoryArn, digest)) return { done: false, why: 'UNKNOWN' };
        const key = inRepository(repositoryArn, digest);
        const users = [...tx.find(images, 'byBlob', key), ...tx.find(images, 'byChild', key)].map(
          ({ digest: by }) => by,
        );
        if (users.length > 0) return { done: false, why: 'IN_USE', by: users };
        tx.delete(repositoryBlobs, key);
        return { done: true };
      }),

    /** Of a session that lives as long as a task or an instance does, whose rows the registry process does not have. */
    isSessionAlive: ({ principal }: { readonly principal: Principal }) => {
      const { session } = principal;
      return { alive: !session || !(hasTaskEnded(store, session) || hasInstanceGone(store, session)) };
    },

    recordUsage: ({ points }: { readonly points: readonly UsagePoint[] }) => {
      deps.recordUsage?.(points);
      return {};
    },

    /** Nobody waits for these to be durable. */
    recordPulls: (input: { readonly pulls: readonly Pull[] }) => {
      store.transact((tx) => {
        for (const pull of input.pulls) recordPull(tx, pull);
      });
      return {};
    },
  };
}

export type RegistryControl = ReturnType<typeof createRegistryControl>;
