/** Bytes of an image, from where the registry serves them; of any size, never whole in memory. */
import { Readable } from 'node:stream';
import { type Blob, ScanFailure } from '../report.ts';

export async function openBlob(blob: Blob, signal: AbortSignal): Promise<Readable> {
  if (blob.url === undefined) throw new ScanFailure('FAILED', `${blob.digest} is not in the registry`);
  let response: Response;
  try {
    response = await fetch(blob.url, { signal });
  } catch (error) {
    throw new ScanFailure('TRANSIENT', `${blob.digest} cannot be read: the registry does not answer`, { cause: error });
  }
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    const kind = response.status === 404 ? 'FAILED' : 'TRANSIENT';
    throw new ScanFailure(kind, `${blob.digest} cannot be read: the registry answers ${response.status}`);
  }
  return Readable.fromWeb(response.body as import('node:stream/web').ReadableStream);
}

/** A larger config is no config. */
const maxDocumentBytes = 8 * 1024 * 1024;

export async function readDocument(blob: Blob, signal: AbortSignal): Promise<unknown> {
  if (blob.sizeBytes > maxDocumentBytes) throw new ScanFailure('FAILED', `${blob.digest} is too large for a config`);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of await openBlob(blob, signal)) {
    // What the manifest says of its size need not be so.
    size += (chunk as Buffer).length;
    if (size > maxDocumentBytes) throw new ScanFailure('FAILED', `${blob.digest} is too large for a config`);
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch (error) {
    throw new ScanFailure('FAILED', `${blob.digest} is not JSON`, { cause: error });
  }
}

export interface ImageConfig {
  readonly architecture?: string;
  readonly os?: string;
  readonly author?: string;
  /** Digests of the layers before compression, in order. */
  readonly diffIds: readonly string[];
}

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

export function readConfig(document: unknown): ImageConfig {
  const { architecture, os, author, rootfs } = (document ?? {}) as Record<string, unknown>;
  const diffIds = (rootfs as { readonly diff_ids?: unknown } | undefined)?.diff_ids;
  const given = { architecture: textOf(architecture), os: textOf(os), author: textOf(author) };
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...present, diffIds: Array.isArray(diffIds) ? diffIds.map(String) : [] };
}
