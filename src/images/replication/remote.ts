/**
 * Replication to registries elsewhere: another Slipway, or any that speaks the OCI specification. The operator says which
 * destinations those are; the bytes are sent by the registry process.
 */
import type { ReplicationDestination } from '#model/replication.ts';

export interface PushAwayJob {
  readonly repositoryArn: string;
  readonly digest: string;
  /** None: by digest only. */
  readonly tags: readonly string[];
  /** `https://host[:port][/path]` */
  readonly base: string;
  readonly repositoryName: string;
  readonly credentials?: { readonly username: string; readonly password: string };
  /** At which the rows of the image are known. */
  readonly revision: number;
  /** `<account>/<region>` of the image's registry. */
  readonly source: string;
}

export type PushAwayResult =
  | { readonly done: true }
  | {
      readonly done: false;
      readonly failureCode: string;
      readonly reason: string;
      /** Later it may work. */
      readonly mayPass: boolean;
    };

export interface RemoteReplication {
  /** Whether the destination is one of those elsewhere. */
  isRemote(destination: ReplicationDestination): boolean;
  /** Resolves when it is there, or says why not; rejects when nobody can tell. */
  push(image: {
    readonly repositoryArn: string;
    readonly digest: string;
    readonly tags: readonly string[];
    readonly destination: ReplicationDestination;
  }): Promise<PushAwayResult>;
}
