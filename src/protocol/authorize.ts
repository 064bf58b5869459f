/**
 * The question that the pipeline puts before every call, and who answers it (the `auth` room). What a call needs is said
 * by its service (`permissions.ts` of each), as a function of the caller's input.
 */
import type { ContextValue } from '#policy/context.ts';
import type { AuthFailure } from './errors.ts';
import type { Principal, RequestContext } from './service.ts';

/** A resource's own policy, as its owner wrote it. */
export interface ResourcePolicy {
  /** How decisions speak of it. */
  readonly name: string;
  readonly document: string;
}

/** One permission that a call needs. */
export interface Permission {
  /** `ecs:RunTask` */
  readonly action: string;
  /** ARN of what the call acts on, be it there or not; `*` where the action knows no resource. */
  readonly resource: string;
  readonly resourcePolicy?: ResourcePolicy | undefined;
  /** The resource's policy must allow, also within its account: keys, and roles that are assumed. */
  readonly needsResourcePolicy?: boolean;
  /** Tags of the resource: `aws:ResourceTag/*`. */
  readonly resourceTags?: Readonly<Record<string, string>> | undefined;
  /** Tags that the request sets: `aws:RequestTag/*`, `aws:TagKeys`. */
  readonly requestTags?: Readonly<Record<string, string>> | undefined;
  /** The service's own condition keys; undefined ones are not there. */
  readonly keys?: Readonly<Record<string, ContextValue | undefined>>;
}

/**
 * All that a call needs; every one of them must be allowed. None: everybody who is who he says may call it.
 *
 * It runs before the handler, on input that has its required members and no more checks than that: it must take any
 * value, answer ARNs for names that do not exist, and never throw.
 */
// biome-ignore lint/suspicious/noExplicitAny: each is typed where it is defined
export type Permissions<I = any, C extends RequestContext = any> = (
  ctx: C,
  input: I,
) => Permission | readonly Permission[];

/** Facts of a request that conditions may ask for, whatever its service. */
export interface RequestFacts {
  readonly requestId: string;
  readonly region: string;
  readonly sourceIp: string;
  readonly userAgent: string;
  /** It came over TLS. */
  readonly secure: boolean;
}

export interface AuthorizationRequest extends RequestFacts {
  readonly principal: Principal;
  readonly permissions: readonly Permission[];
}

/** `message` is what the caller reads; `failure` says how it is put on the wire where that is not access denied. */
export type Decision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly message: string; readonly failure?: AuthFailure };

export type Authorize = (request: AuthorizationRequest) => Decision;
