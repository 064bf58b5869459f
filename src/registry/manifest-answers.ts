/**
 * Answers to GET and HEAD of manifests, made once and kept as bytes. A manifest never changes under its digest, so an answer
 * is good as long as the process lives; who may have it and whether the repository still holds it is asked every time.
 */
import type { ImageRow } from '#model/ecr.ts';
import type { BlobStore } from './blob-store/blob-store.ts';

/** Of manifests as they are kept; 4 MiB each at most. Higher: more memory; lower: manifests are read from disk again. */
const maxKeptBytes = 24 * 2 ** 20;

export interface ManifestAnswer {
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Buffer;
  /** What follows status line and date, with and without the body. */
  readonly get: Buffer;
  readonly head: Buffer;
}

export interface ManifestAnswers {
  /** When it is kept. */
  known(image: ImageRow): ManifestAnswer | undefined;
  /** Undefined when the bytes are gone. */
  load(image: ImageRow): Promise<ManifestAnswer | undefined>;
}

export const apiVersionHeader = { 'Docker-Distribution-Api-Version': 'registry/2.0' };

export function makeAnswer(image: Pick<ImageRow, 'mediaType' | 'digest'>, body: Buffer): ManifestAnswer {
  const headers = {
    'Content-Type': image.mediaType,
    'Docker-Content-Digest': image.digest,
    ...apiVersionHeader,
    ETag: `"${image.digest}"`,
    'Content-Length': body.length,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`${lines.join('')}\r\n`, 'latin1');
  return { headers, body, head, get: Buffer.concat([head, body]) };
}

export function createManifestAnswers(blobs: BlobStore): ManifestAnswers {
  /** Oldest use first. */
  const kept = new Map<string, ManifestAnswer>();
  let keptBytes = 0;
  const keyOf = (image: ImageRow) => `${image.digest} ${image.mediaType}`;
  const known = (image: ImageRow) => kept.get(keyOf(image));
  return {
    known,
    async load(image) {
      const found = known(image);
      if (found) return found;
      const body = await blobs.read(image.digest, image.manifestSizeBytes);
      if (!body) return undefined;
      const answer = makeAnswer(image, body);
      const key = keyOf(image);
      if (!kept.has(key)) {
        kept.set(key, answer);
        keptBytes += 2 * body.length;
      }
      for (const [oldest, old] of kept) {
        if (keptBytes <= maxKeptBytes || oldest === key) break;
        kept.delete(oldest);
        keptBytes -= 2 * old.body.length;
      }
      return answer;
    },
  };
}
