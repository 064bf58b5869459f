/** Puts an image that is made of files into the registry, over the registry's own HTTP API as any client does. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { archive, type ImageFile } from './image-from-files.ts';

export interface ImageToPush {
  readonly files: readonly ImageFile[];
  readonly entryPoint: readonly string[];
  readonly environment: readonly string[];
  /** `80/tcp` */
  readonly ports: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface PushTarget {
  /** Of the control plane. */
  readonly endpoint: string;
  /** Of the repository at that address, e.g. `123456789012.us-east-1/slipway/hello`. */
  readonly path: string;
  readonly tag: string;
  /** As GetAuthorizationToken answers it. */
  readonly authorizationToken: string;
  readonly signal: AbortSignal;
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const describe = (bytes: Uint8Array, mediaType: string) => ({ mediaType, digest: sha256(bytes), size: bytes.length });

async function send(target: PushTarget, method: string, path: string, body: Buffer, contentType: string) {
  const { endpoint, authorizationToken, signal } = target;
  const headers = { authorization: `Basic ${authorizationToken}`, 'content-type': contentType };
  const url = `${endpoint}/v2/${target.path}/${path}`;
  const response = await fetch(url, { method, headers, body: new Uint8Array(body), signal });
  const text = await response.text();
  if (!response.ok) throw new Error(`the registry answers ${response.status} to ${method} ${path}: ${text}`);
}

/** Answers the digest of its manifest. */
export async function pushImage(target: PushTarget, image: ImageToPush): Promise<string> {
  const tar = await archive(image.files);
  const layer = await promisify(gzip)(tar, { level: 1 });
  const config = Buffer.from(
    JSON.stringify({
      architecture: architectures[process.arch] ?? process.arch,
      os: 'linux',
      config: {
        Entrypoint: image.entryPoint,
        Env: image.environment,
        ExposedPorts: Object.fromEntries(image.ports.map((port) => [port, {}])),
        Labels: image.labels,
      },
      rootfs: { type: 'layers', diff_ids: [sha256(tar)] },
      history: [{ created: '1970-01-01T00:00:00Z', created_by: 'slipway' }],
    }),
  );
  for (const blob of [layer, config]) {
    await send(target, 'POST', `blobs/uploads/?digest=${sha256(blob)}`, blob, 'application/octet-stream');
  }
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: describe(config, configType),
      layers: [describe(layer, layerType)],
    }),
  );
  await send(target, 'PUT', `manifests/${target.tag}`, manifest, manifestType);
  return sha256(manifest);
}
