/** Calls Slipway's own API: JSON, signed for the service `slipway`. */
import { SignatureV4 } from '@smithy/signature-v4';
import { type AgentCredentials, Sha256 } from '../link/signing.ts';

/** What the API answered instead of a result; `name` is the error's code. */
export class SlipwayCallError extends Error {
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(code: string, message: string, httpStatusCode: number) {
    super(message);
    this.name = code;
    this.$metadata = { httpStatusCode };
  }
}

export interface SlipwayTarget {
  /** Base URL of the control plane. */
  readonly endpoint: string;
  readonly region: string;
}

const targetPrefix = 'Slipway_20261101';
/** A control plane that accepts calls and never answers must not hold the agent for ever. */
const timeoutMs = 15_000;

export async function callSlipway<Output>(
  { endpoint, region }: SlipwayTarget,
  credentials: AgentCredentials,
  operation: string,
  input: object,
): Promise<Output> {
  const url = new URL('/', endpoint);
  const body = JSON.stringify(input);
  const signer = new SignatureV4({ service: 'slipway', region, credentials, sha256: Sha256 });
  const signed = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: '/',
    query: {},
    headers: {
      host: url.host,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `${targetPrefix}.${operation}`,
    },
    body,
  });
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, { method: 'POST', headers: signed.headers, body, signal }).catch((error: Error) => {
    // fetch hides why behind "fetch failed".
    throw error.cause ?? error;
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as Output;
  let code = 'UnknownError';
  let message = text.slice(0, 500);
  try {
    const parsed = JSON.parse(text) as { readonly __type?: string; readonly message?: string };
    code = parsed.__type ?? code;
    message = parsed.message ?? message;
  } catch {
    // not JSON: somebody else answered, and its words stay as they are
  }
  throw new SlipwayCallError(code, message, response.status);
}
