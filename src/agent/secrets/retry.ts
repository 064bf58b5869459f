/** Calls to services on a task's behalf: which failures are tried again, and how ECS words the last one. */
import type { Clock } from '#lib/clock.ts';

/** Together about half a minute: longer than a control plane needs to start again. */
const pausesMs = [1_000, 3_000, 9_000, 18_000];

interface ServiceFailure {
  readonly name?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

const transient: ReadonlySet<string> = new Set(['ThrottlingException', 'TooManyRequestsException', 'RequestTimeout']);

function isTransient(error: unknown): boolean {
  if (error instanceof FinalError) return false;
  const { name = '', $metadata } = error as ServiceFailure;
  const status = $metadata?.httpStatusCode;
  return status === undefined || status >= 500 || status === 429 || transient.has(name);
}

/** A failure that no repetition changes; its message is what the user reads. */
export class FinalError extends Error {}

/** Carries the number of tries, which ECS tells its users. */
export class CallError extends Error {
  readonly tries: number;
  constructor(tries: number, cause: unknown) {
    super((cause as Error).message, { cause });
    this.tries = tries;
  }
}

/** Rejects with CallError, or with the signal's reason. */
export async function callWithRetries<T>(clock: Clock, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      const pauseMs = pausesMs[tries - 1];
      if (pauseMs === undefined || !isTransient(error)) throw new CallError(tries, error);
      await clock.sleep(pauseMs, signal);
    }
  }
}

/** `operation error SSM: GetParameters, https response error StatusCode: 400, RequestID: …, api error Code: message` */
export function describeFailure(
  error: unknown,
  call: { readonly service: string; readonly operation: string; readonly modelled: readonly string[] },
): string {
  if (error instanceof FinalError) return error.message;
  const { name = 'Error', message = '', $metadata } = error as ServiceFailure;
  const of = `operation error ${call.service}: ${call.operation}`;
  const status = $metadata?.httpStatusCode;
  if (status === undefined) return `${of}, request send failed, ${message || name}`;
  const kind = call.modelled.includes(name) ? '' : 'api error ';
  const head = `${of}, https response error StatusCode: ${status}, RequestID: ${$metadata?.requestId ?? ''}`;
  return `${head}, ${kind}${name}: ${message}`;
}
