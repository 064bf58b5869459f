/** An image as a directory in OCI's layout, which other scanners read. https://github.com/opencontainers/image-spec/blob/main/image-layout.md */
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Blob, ScanFailure, type ScanTarget } from '../report.ts';
import { openBlob } from './fetch-blob.ts';

const fullDisk = new Set(['ENOSPC', 'EDQUOT']);

async function writeBlob(directory: string, blob: Blob, signal: AbortSignal): Promise<void> {
  const path = join(directory, 'blobs', ...blob.digest.split(':'));
  await mkdir(dirname(path), { recursive: true });
  try {
    await pipeline(await openBlob(blob, signal), createWriteStream(path, { mode: 0o600 }), { signal });
  } catch (error) {
    if (error instanceof ScanFailure) throw error;
    const { code = '', message } = error as NodeJS.ErrnoException;
    const why = fullDisk.has(code) ? 'there is no space left on the disk' : message;
    throw new ScanFailure('TRANSIENT', `the image cannot be laid out for the scanner: ${why}`, { cause: error });
  }
}

export async function writeLayout(directory: string, target: ScanTarget, signal: AbortSignal): Promise<void> {
  const { manifest, config, layers } = target;
  const blobs = new Map([manifest, config, ...layers].map((blob) => [blob.digest, blob]));
  for (const blob of blobs.values()) await writeBlob(directory, blob, signal);
  const { mediaType, digest, sizeBytes } = manifest;
  const index = { schemaVersion: 2, manifests: [{ mediaType, digest, size: sizeBytes }] };
  await writeFile(join(directory, 'index.json'), JSON.stringify(index));
  await writeFile(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}
