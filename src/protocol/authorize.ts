/** The question that the pipeline puts before every call, and who answers it (the `auth` room). */
import type { Principal } from './service.ts';

export interface AuthorizationRequest {
  readonly principal: Principal;
  /** `ecs:RunTask` */
  readonly action: string;
  /** ARN of what the call acts on; `*` where the action knows no resource. */
  readonly resource: string;
  readonly region: string;
}

/** `message` is what the caller reads. */
export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly message: string };

export type Authorize = (request: AuthorizationRequest) => Decision;
