/** What control plane and registry process say to each other over their channel, and which tables go with it. */
import type { ReplicaMessage } from '#store/replica.ts';
import {
  images,
  imageTags,
  publicRegistries,
  pullThroughCacheRules,
  registries,
  repositories,
  repositoryBlobs,
  repositoryCreationTemplates,
} from '#store/tables/ecr.ts';
import { accessKeys, accounts, groups, managedPolicies, revokedSessions, roles, users } from '#store/tables/iam.ts';
import type { Storage } from '../blob-store/storage.ts';
import type { OutboundSettings } from '../outbound.ts';
import type { RpcMessage } from './rpc.ts';

/** Who may do what. */
export const authTables = [accounts, accessKeys, users, groups, roles, managedPolicies, revokedSessions] as const;

/** Everything that an answer over the OCI routes depends on. */
export const followedTables = [
  ...authTables,
  registries,
  publicRegistries,
  repositoryCreationTemplates,
  pullThroughCacheRules,
  repositories,
  repositoryBlobs,
  images,
  imageTags,
] as const;

/** What the registry process is started with. */
export interface StartMessage {
  readonly kind: 'start';
  readonly directory: string;
  readonly storage: Storage;
  readonly rootKey: Buffer;
  readonly region: string;
  readonly auth: 'strict' | 'permissive';
  /** Account of the administrator. */
  readonly account: string;
  readonly createOnPush: boolean;
  /** File of the policy that says whose signatures images need. */
  readonly signaturePolicy?: string;
  readonly logLevel: string;
  /** Known to both processes only: what one has taken over for the other carries it. */
  readonly secret: string;
  /** Where the control plane's APIs answer on this machine, for connections that change their mind. */
  readonly apiPort: number;
  readonly apiHost: string;
  readonly outbound: OutboundSettings;
}

export type ToRegistry =
  | StartMessage
  | ReplicaMessage
  | RpcMessage
  /** Comes with a socket: a connection whose first bytes are `head`. */
  | { readonly kind: 'connection'; readonly head: Buffer }
  | { readonly kind: 'stop' };

export type FromRegistry =
  | RpcMessage
  /** It answers at this port of the loopback address, too: requests that the control plane passes on. */
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'acknowledge'; readonly revision: number }
  /** One JSON document, as lib/logger writes it. */
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'failed'; readonly message: string };
