import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

export interface AgentCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Asked again when they are about to expire. */
export interface ExpiringCredentials extends AgentCredentials {
  readonly expiration?: Date;
}
export type CredentialProvider = () => Promise<ExpiringCredentials>;

/** Signs websocket handshakes and telemetry frames: SigV4 for service `ecs`, headers host and x-amz-date. */
export interface LinkSigner {
  /** The headers, `host` included, of `GET url` with `body`. */
  sign(url: URL, body?: string): Promise<Record<string, string>>;
}

/** SHA-256, keyed or not, in the shape the signer wants. */
export class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = secret === undefined || typeof secret === 'string' ? secret : toBuffer(secret);
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === 'string' ? data : toBuffer(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

const toBuffer = (data: ArrayBuffer | ArrayBufferView): Buffer =>
  ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);

export function createLinkSigner(options: {
  readonly region: string;
  readonly credentials: CredentialProvider;
  readonly now: () => number;
}): LinkSigner {
  const signer = new SignatureV4({
    service: 'ecs',
    region: options.region,
    credentials: options.credentials,
    sha256: Sha256,
    applyChecksum: false,
  });
  return {
    async sign(url, body = '') {
      const signed = await signer.sign(
        {
          method: 'GET',
          protocol: url.protocol,
          hostname: url.hostname,
          path: url.pathname,
          query: Object.fromEntries(url.searchParams),
          headers: { host: url.host },
          body,
        },
        { signingDate: new Date(options.now()) },
      );
      return signed.headers;
    },
  };
}
