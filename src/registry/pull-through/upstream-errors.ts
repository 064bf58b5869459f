/** What a client of ours is told when an upstream registry does not give what it wants. */
import { UpstreamError } from '../client/upstream-error.ts';
import { type ErrorCode, RegistryError } from '../request.ts';

function answerOf(error: UpstreamError, unknown: ErrorCode): readonly [number, ErrorCode] {
  switch (error.problem) {
    case 'not found':
      return [404, unknown];
    case 'denied':
      return [403, 'DENIED'];
    case 'throttled':
      return [429, 'TOOMANYREQUESTS'];
    case 'unavailable':
      return [503, 'UNAVAILABLE'];
    case 'invalid':
      return [502, 'UNAVAILABLE'];
  }
}

/** `unknown` is the code for what the upstream does not have. Errors of other kinds stay what they are. */
export function toRegistryError(error: unknown, unknown: ErrorCode): unknown {
  if (!(error instanceof UpstreamError)) return error;
  const [status, code] = answerOf(error, unknown);
  const retryAfter = error.retryAfterMs === undefined ? undefined : Math.ceil(error.retryAfterMs / 1000);
  return new RegistryError(status, code, `pull through cache: ${error.message}`, {
    detail: { upstream: error.problem },
    headers: retryAfter === undefined ? {} : { 'Retry-After': retryAfter },
  });
}
