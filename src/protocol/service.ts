/**
 * What a service is to the protocol room: a name on the wire, the operation schemas that AWS publishes in its SDK
 * client, and a handler per implemented operation. The protocol room names no service; `control-plane/start.ts` hands
 * it the definitions.
 */
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { Scope } from '#model/arn.ts';
import type { Permission, Permissions } from './authorize.ts';

export const wireProtocols = [
  'awsJson1_0',
  'awsJson1_1',
  'awsQuery',
  'ec2Query',
  'restJson1',
  'restXml',
  'rpcv2Cbor',
] as const;
export type WireProtocol = (typeof wireProtocols)[number];

/** Who calls, as authentication found out. */
export interface Principal {
  readonly account: string;
  /** `arn:aws:iam::<account>:root`, `…:user/<name>`, `arn:aws:sts::<account>:assumed-role/<role>/<session>`. */
  readonly arn: string;
  /** IAM's unique id; GetCallerIdentity answers it as UserId. `<role id>:<session name>` for sessions of roles. */
  readonly userId: string;
  readonly accessKeyId: string;
  /** Of temporary credentials: how they came to be. */
  readonly session?: SessionFacts;
}

/** What STS knew when it made temporary credentials; it travels in the session token. Times are epoch milliseconds. */
export interface SessionFacts {
  readonly kind: 'assumed-role' | 'federated-user' | 'session-token';
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** ARN of the role; of the user (or root) behind the other kinds. */
  readonly issuerArn: string;
  /** IAM's unique id of the issuer: a role made anew under an old name does not revive old sessions. */
  readonly issuerId: string;
  /** The long-lived key that a user's session was made with: without it the session is dead too. */
  readonly issuerKeyId?: string;
  /** RoleSessionName, or the federated user's name. */
  readonly name?: string;
  /** Session policies as JSON; absent where none were given. */
  readonly policies?: readonly string[];
  /** ARNs of managed policies given as session policies. */
  readonly policyArns?: readonly string[];
  /** Session tags: `aws:PrincipalTag/*`, over those of the role or user. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly transitiveTagKeys?: readonly string[];
  readonly sourceIdentity?: string;
  /** A role that assumed this one: role chaining caps sessions at an hour. */
  readonly chained?: boolean;
  /** The service that it was made for: `ecs-tasks.amazonaws.com`. */
  readonly service?: string;
  /** Condition keys that the session carries on every request: `ecs:…`, `ec2:…` of credentials that a service made. */
  readonly keys?: Readonly<Record<string, string>>;
}

/** What one request gives its handler. `S` is the store's session, named by the services (this room cannot see it). */
export interface RequestContext<D = unknown, S = unknown> extends Scope {
  readonly requestId: string;
  readonly principal: Principal;
  readonly service: string;
  readonly operation: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly store: S;
  /** The service's own dependencies. */
  readonly deps: D;
  /** `http://host:port` as the client addressed us: what DiscoverPollEndpoint answers is built from it. */
  readonly endpoint: string;
  readonly sourceIp: string;
  readonly userAgent: string;
  /** It came over TLS. */
  readonly secure: boolean;
  /** Asks for more than the operation's `permissions` could know beforehand; throws access denied. */
  readonly require: (...permissions: readonly Permission[]) => void;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
}

// biome-ignore lint/suspicious/noExplicitAny: each handler is typed where it is defined
export type Handler<I = any, O = any, C extends RequestContext = any> = (ctx: C, input: I) => O | Promise<O>;

/** An operation's schema as the SDK exports it (`RunTask$`): [9, namespace, name, traits, input, output]. */
export type OperationSchema = readonly [9, string, string, unknown, unknown, unknown];

export interface LoadedService {
  /** The SDK module: every `<Operation>$` schema, and error schemas. */
  readonly schemas: Readonly<Record<string, unknown>>;
  readonly handlers: Readonly<Record<string, Handler>>;
  /** What each operation needs; one without an entry needs its own action on `*`. */
  readonly permissions?: Readonly<Record<string, Permissions>>;
}

export interface ServiceDefinition {
  /** Slipway's name for it, and the prefix of its IAM actions: `ecs`, `sts`, `logs`. */
  readonly name: string;
  /** Service in a SigV4 credential scope. */
  readonly signingName: string;
  /** Host prefixes by which clients may also name it, e.g. `ecs` in `ecs.us-east-1.amazonaws.com`. */
  readonly hostPrefixes: readonly string[];
  /** `X-Amz-Target` prefix of the JSON protocols, without the dot. */
  readonly targetPrefix?: string;
  /** `Version` of the Query protocols. */
  readonly apiVersion?: string;
  /** `xmlns` of replies in the XML protocols. */
  readonly xmlNamespace?: string;
  /** Every protocol that it is spoken in; the first is the default. */
  readonly protocols: readonly WireProtocol[];
  /** Global services live in one region whatever the credential scope says (IAM: us-east-1). */
  readonly globalRegion?: string;
  /** Operations that carry a proof of their own and are called without a signature; whoever calls them is nobody yet. */
  readonly unsignedOperations?: readonly string[];
  /** The error for required members that an input lacks (`volumes.1.member.name`), where the service has words of its own. */
  readonly missingMembers?: (operation: string, paths: readonly string[]) => ServiceError;
  /** Loaded at the first request, so that start-up stays fast. */
  readonly load: () => Promise<LoadedService>;
  readonly deps: unknown;
}

/**
 * An error that a client may see, in the service's own words. Services make theirs in `services/<svc>/errors.ts`;
 * everything that is not one of these is answered as an internal failure.
 */
export class ServiceError extends Error {
  /** The modelled code, e.g. `ClusterNotFoundException`. */
  readonly code: string;
  readonly fault: 'client' | 'server';
  /** HTTP status where the schema gives none: 400 for client faults, 500 for server faults. */
  readonly httpStatus: number | undefined;
  /** Further modelled members of the error shape. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: {
      readonly fault?: 'client' | 'server';
      readonly httpStatus?: number;
      readonly members?: Readonly<Record<string, unknown>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = code;
    this.code = code;
    this.fault = options.fault ?? 'client';
    this.httpStatus = options.httpStatus;
    this.members = options.members ?? {};
  }
}
