/** What every route is given. */
import type { UsageCounter } from '#images/usage.ts';
import type { Vault } from '#keys/vault.ts';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { ReplicaView } from '#store/replica-view.ts';
import { type Access, type Target, unknownRepository } from '../access.ts';
import type { BlobStore } from '../blob-store/blob-store.ts';
import type { Caller, Callers } from '../callers.ts';
import type { RegistryControl, Written } from '../control.ts';
import type { ManifestAnswers } from '../manifest-answers.ts';
import type { Remote } from '../process/rpc.ts';
import type { PullRecorder } from '../pull-recorder.ts';
import type { PullThrough } from '../pull-through/pull-through.ts';
import type { RegistryRequest } from '../request.ts';
import type { SignatureGate } from '../signatures/gate.ts';
import type { UploadNames } from '../upload-names.ts';

export interface RouteDeps {
  readonly view: ReplicaView;
  readonly blobs: BlobStore;
  readonly access: Access;
  readonly callers: Callers;
  readonly control: Remote<RegistryControl>;
  readonly answers: ManifestAnswers;
  readonly pulls: PullRecorder;
  readonly usage: UsageCounter;
  readonly pullThrough: PullThrough;
  readonly uploadNames: UploadNames;
  /** Without it, images need no signatures. */
  readonly signatures?: SignatureGate;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A push makes the repository that is missing, whatever templates say. */
  readonly createOnPush: boolean;
}

export interface RouteContext {
  readonly deps: RouteDeps;
  readonly request: RegistryRequest;
  readonly caller: Caller;
}

export interface RepositoryContext extends RouteContext {
  readonly target: Target;
}

export const blobUrl = (target: Target, digest: string): string => `/v2/${target.path}/blobs/${digest}`;
export const manifestUrl = (target: Target, digest: string): string => `/v2/${target.path}/manifests/${digest}`;

/** Throws NAME_UNKNOWN. */
export function requireRepository({ target }: RepositoryContext): void {
  if (!target.repository) throw unknownRepository(target);
}

/** What was written is in our view, too, when this resolves: the client may read it at once. */
export async function settle<T extends object>(deps: RouteDeps, written: Promise<Written<T>>): Promise<T> {
  const result = await written;
  if (result.revision > 0) await deps.view.until(result.revision);
  return result;
}
