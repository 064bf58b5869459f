/** URLs at which a bucket serves one object to anybody for a while. */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

/** The hash that the signer asks for, from Node. */
class Sha256 {
  readonly #state: Hash | Hmac;

  constructor(secret?: string | Uint8Array) {
    this.#state = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Uint8Array);
  }

  update(data: string | Uint8Array): void {
    this.#state.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#state.digest();
  }

  reset(): void {}
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
export async function presignGet(request: {
  /** Of the object, without a query. */
  readonly url: URL;
  readonly region: string;
  readonly credentials: Credentials;
  readonly lifetimeMs: number;
  readonly nowMs: number;
}): Promise<string> {
  const { url, region, credentials } = request;
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials,
    sha256: Sha256 as never,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port !== '' && { port: Number(url.port) }),
      path: url.pathname,
      query: {},
      headers: { host: url.host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
    },
    { expiresIn: Math.max(1, Math.floor(request.lifetimeMs / 1_000)), signingDate: new Date(request.nowMs) },
  );
  const result = new URL(url);
  for (const [name, value] of Object.entries(signed.query ?? {})) result.searchParams.set(name, String(value));
  return result.href;
}
