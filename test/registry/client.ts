/** A registry for one test, a client that says exactly what it is told to, and images made of thin air. */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { digestOf } from '#images/digest.ts';
import { type ClientOptions, startTestControlPlane, type TestControlPlane } from '../support/control-plane.ts';

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any answer
  json(): any;
}

export interface RequestOptions {
  readonly body?: Buffer | string | undefined;
  readonly headers?: Readonly<Record<string, string | number>>;
  /** Sent in pieces without a length. */
  readonly chunked?: boolean;
}

export interface Client {
  (method: string, path: string, options?: RequestOptions): Promise<Answer>;
  close(): void;
}

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** Keeps its connections, as clients do. */
export function createClient(port: number, authorization: string | undefined, maxSockets = 4): Client {
  const agent = new http.Agent({ keepAlive: true, maxSockets });
  const send = (method: string, path: string, options: RequestOptions = {}) =>
    new Promise<Answer>((resolve, reject) => {
      const body = options.body === undefined ? undefined : Buffer.from(options.body as string);
      const headers: Record<string, string | number> = {
        ...(authorization !== undefined && { authorization }),
        ...(options.chunked
          ? {}
          : method === 'GET' || method === 'HEAD'
            ? {}
            : { 'content-length': body?.length ?? 0 }),
        ...options.headers,
      };
      const request = http.request({ agent, port, host: '127.0.0.1', method, path, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const all = Buffer.concat(chunks);
          const { statusCode = 0 } = response;
          resolve({ status: statusCode, headers: response.headers, body: all, json: () => JSON.parse(all.toString()) });
        });
      });
      request.on('error', reject);
      if (options.chunked && body) {
        for (let at = 0; at < body.length; at += 10_000) request.write(body.subarray(at, at + 10_000));
        request.end();
      } else request.end(body);
    });
  return Object.assign(send, { close: () => agent.destroy() });
}

export interface TestRegistry extends TestControlPlane {
  /** As the administrator. */
  readonly client: Client;
  clientAs(authorization: string | undefined): Client;
}

export async function startTestRegistry(
  options: Parameters<typeof startTestControlPlane>[0] = {},
): Promise<TestRegistry> {
  const controlPlane = await startTestControlPlane({ registry: { createOnPush: true }, ...options });
  const clients: Client[] = [];
  const clientAs = (authorization: string | undefined) => {
    const client = createClient(controlPlane.port, authorization);
    clients.push(client);
    return client;
  };
  const { accessKeyId, secretAccessKey } = controlPlane.administrator;
  return {
    ...controlPlane,
    client: clientAs(basic(accessKeyId, secretAccessKey)),
    clientAs,
    async close() {
      for (const client of clients) client.close();
      await controlPlane.close();
    },
  };
}

export type { ClientOptions };

export const mediaTypes = {
  config: 'application/vnd.oci.image.config.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  image: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  dockerImage: 'application/vnd.docker.distribution.manifest.v2+json',
} as const;

export interface Blob {
  readonly digest: string;
  readonly bytes: Buffer;
}

type Algorithm = 'sha256' | 'sha512';

export const blobOf = (bytes: Buffer | string, algorithm: Algorithm = 'sha256'): Blob => {
  const all = Buffer.from(bytes as string);
  return { bytes: all, digest: digestOf(all, algorithm) };
};

export const randomBlob = (size: number, algorithm: Algorithm = 'sha256'): Blob => blobOf(randomBytes(size), algorithm);

export const descriptorOf = (blob: Blob, mediaType: string, more: object = {}) => ({
  mediaType,
  digest: blob.digest,
  size: blob.bytes.length,
  ...more,
});

export interface TestManifest extends Blob {
  readonly mediaType: string;
  readonly blobs: readonly Blob[];
}

/** An image with its own layers and config; `more` goes over the manifest. */
export function makeImage(
  more: object = {},
  options: { readonly algorithm?: Algorithm; readonly layers?: number; readonly configType?: string } = {},
): TestManifest {
  const { algorithm = 'sha256', configType = mediaTypes.config } = options;
  const layers = Array.from({ length: options.layers ?? 2 }, () => randomBlob(300, algorithm));
  const config = blobOf(
    configType === mediaTypes.empty ? '{}' : JSON.stringify({ architecture: 'amd64', os: 'linux', id: Math.random() }),
    algorithm,
  );
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.image,
    config: descriptorOf(config, configType),
    layers: layers.map((layer) => descriptorOf(layer, mediaTypes.layer)),
    ...more,
  };
  const { mediaType } = manifest;
  return { ...blobOf(JSON.stringify(manifest), algorithm), mediaType, blobs: [config, ...layers] };
}

export function makeIndex(
  children: readonly TestManifest[],
  more: object = {},
  algorithm: Algorithm = 'sha256',
): TestManifest {
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: children.map((child) => descriptorOf(child, child.mediaType)),
    ...more,
  };
  return { ...blobOf(JSON.stringify(manifest), algorithm), mediaType: mediaTypes.index, blobs: [] };
}

export async function pushBlob(client: Client, name: string, blob: Blob): Promise<Answer> {
  const start = await client('POST', `/v2/${name}/blobs/uploads/`);
  const location = start.headers.location ?? '';
  return client('PUT', `${location}?digest=${encodeURIComponent(blob.digest)}`, { body: blob.bytes });
}

export const putManifest = (client: Client, name: string, reference: string, manifest: TestManifest) =>
  client('PUT', `/v2/${name}/manifests/${reference}`, {
    body: manifest.bytes,
    headers: { 'content-type': manifest.mediaType },
  });

/** Blobs, then the manifest. */
export async function pushImage(
  client: Client,
  name: string,
  reference: string,
  manifest: TestManifest,
): Promise<Answer> {
  for (const blob of manifest.blobs) await pushBlob(client, name, blob);
  return putManifest(client, name, reference, manifest);
}
