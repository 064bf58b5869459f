/** What went wrong at another registry, as far as callers have to tell it apart. */
export type UpstreamProblem =
  /** It has no such repository, manifest or blob. */
  | 'not found'
  /** Credentials are missing, wrong or not enough. */
  | 'denied'
  | 'throttled'
  /** No connection, no answer in time, or an error of its own: later it may work. */
  | 'unavailable'
  /** It answered what no registry may: bytes of another digest, a token without a token. */
  | 'invalid';

/** The message names hosts and paths, never credentials. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly problem: UpstreamProblem;
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** How long it wants to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(
    problem: UpstreamProblem,
    message: string,
    more: { readonly status?: number; readonly retryAfterMs?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.problem = problem;
    this.status = more.status;
    this.retryAfterMs = more.retryAfterMs;
  }
}

export function problemOfStatus(status: number): UpstreamProblem {
  if (status === 401 || status === 403) return 'denied';
  if (status === 404) return 'not found';
  if (status === 429) return 'throttled';
  return status >= 500 || status === 408 ? 'unavailable' : 'invalid';
}
