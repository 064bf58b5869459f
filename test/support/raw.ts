/** Requests as no SDK would send them: signed by hand, or not at all. */
import { createHash, createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { TestControlPlane } from './control-plane.ts';

export interface RawReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Rejects when there is no reply within ten seconds. */
export function send(endpoint: string, raw: RawRequest): Promise<RawReply> {
  const url = new URL(endpoint);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: url.hostname,
        port: url.port,
        method: raw.method ?? 'POST',
        path: raw.path ?? '/',
        headers: raw.headers,
        timeout: 10_000,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks).toString() });
        });
        response.on('error', reject);
      },
    );
    request.on('timeout', () => request.destroy(new Error('no reply within ten seconds')));
    request.on('error', reject);
    request.end(raw.body);
  });
}

class Sha256 {
  readonly #hash;
  constructor(key?: Uint8Array | string) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
  }
  update(data: Uint8Array | string) {
    this.#hash.update(data);
  }
  async digest() {
    return new Uint8Array(this.#hash.digest());
  }
  reset() {}
}

/** The request with the administrator's signature on it. */
export async function sign(
  plane: TestControlPlane,
  raw: RawRequest,
  options: { readonly service?: string; readonly at?: number; readonly region?: string } = {},
): Promise<RawRequest> {
  const url = new URL(plane.endpoint);
  const [path, query = ''] = (raw.path ?? '/').split('?') as [string, string?];
  const signer = new SignatureV4({
    service: options.service ?? 'ecs',
    region: options.region ?? 'us-east-1',
    credentials: plane.clientConfig().credentials,
    sha256: Sha256 as never,
  });
  const signed = await signer.sign(
    {
      method: raw.method ?? 'POST',
      protocol: 'http:',
      hostname: url.hostname,
      path,
      query: Object.fromEntries(new URLSearchParams(query)),
      headers: { host: url.host, ...raw.headers },
      body: raw.body ?? '',
    },
    { signingDate: new Date(options.at ?? Date.now()) },
  );
  return { ...raw, headers: signed.headers };
}

/** One signed JSON call. */
export async function callJson(plane: TestControlPlane, target: string, body: string | Buffer): Promise<RawReply> {
  const headers = { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' };
  return send(plane.endpoint, await sign(plane, { headers, body }));
}
