/** Pushing to another registry: blobs in chunks that go on where they broke off, then the manifest. */
import { backoffMs } from '#lib/backoff.ts';
import type { Clock } from '#lib/clock.ts';
import type { HttpAnswer } from './http.ts';
import { failureOf, type RegistryClient } from './registry-client.ts';
import { UpstreamError } from './upstream-error.ts';

/** Where the bytes of a blob come from; each call begins anew. */
export interface BlobBytes {
  readonly digest: string;
  readonly sizeBytes: number;
  stream(start: number, end: number): AsyncIterable<Buffer>;
}

/** Larger: more is sent again after a failure; smaller: more requests. */
const chunkBytes = 32 * 2 ** 20;
const attempts = 5;
const pause = { firstMs: 300, maxMs: 10_000, factor: 3, jitter: 0 } as const;

const locationOf = (client: RegistryClient, answer: HttpAnswer): URL => {
  const { location } = answer.headers;
  if (location === undefined) throw new UpstreamError('invalid', `${client.host} names no place for the upload`);
  return new URL(location, answer.url);
};

/** Bytes that an upload holds, from `Range: 0-<last>`. */
const receivedOf = (answer: HttpAnswer): number | undefined => {
  const [, last] = /^(?:bytes=)?0-(\d+)$/.exec(answer.headers.range ?? '') ?? [];
  return last === undefined ? undefined : Number(last) + 1;
};

async function start(client: RegistryClient): Promise<URL> {
  const headers = { 'Content-Length': '0' };
  const answer = await client.request({ method: 'POST', url: client.urlOf('blobs/uploads/'), headers }, 'pull,push');
  if (answer.status !== 202) throw await failureOf(answer, 'POST blobs/uploads/');
  answer.stream.resume();
  return locationOf(client, answer);
}

/** True when the registry had the blob in `from` and has it here now. */
export async function mountBlob(client: RegistryClient, digest: string, from: string): Promise<boolean> {
  const url = client.urlOf(`blobs/uploads/?${new URLSearchParams({ mount: digest, from })}`);
  const answer = await client.request({ method: 'POST', url, headers: { 'Content-Length': '0' } }, 'pull,push');
  answer.stream.resume();
  return answer.status === 201;
}

async function sendChunk(client: RegistryClient, url: URL, blob: BlobBytes, at: number): Promise<[URL, number]> {
  const end = Math.min(blob.sizeBytes, at + chunkBytes);
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(end - at),
    'Content-Range': `${at}-${end - 1}`,
  };
  const answer = await client.request({ method: 'PATCH', url, headers, body: blob.stream(at, end) }, 'pull,push');
  if (answer.status !== 202) throw await failureOf(answer, 'PATCH of an upload');
  answer.stream.resume();
  return [locationOf(client, answer), receivedOf(answer) ?? end];
}

/** Where the upload stands after a failure; undefined when it is gone. */
async function standOf(client: RegistryClient, url: URL): Promise<[URL, number] | undefined> {
  const answer = await client.request({ method: 'GET', url }, 'pull,push');
  answer.stream.resume();
  const received = receivedOf(answer);
  if ((answer.status !== 204 && answer.status !== 202) || received === undefined) return undefined;
  // `0-0` is said of an upload that holds nothing as well as of one with a single byte.
  return [answer.headers.location === undefined ? url : locationOf(client, answer), received === 1 ? 0 : received];
}

/** Answers false when it was there already. */
export async function pushBlob(client: RegistryClient, clock: Clock, blob: BlobBytes): Promise<boolean> {
  const { digest, sizeBytes } = blob;
  if (await client.statBlob(digest)) return false;
  let url = await client.again(() => start(client));
  let at = 0;
  for (let failures = 0; at < sizeBytes; ) {
    try {
      const before = at;
      [url, at] = await sendChunk(client, url, blob, at);
      if (at <= before) throw new UpstreamError('unavailable', `${client.host} takes no more of the upload`);
      failures = 0;
    } catch (error) {
      failures += 1;
      const isPassing = error instanceof UpstreamError && error.problem !== 'denied' && error.problem !== 'not found';
      if (!isPassing || failures === attempts) throw error;
      await clock.sleep(backoffMs(pause, failures));
      const stand = await client.again(() => standOf(client, url));
      if (stand) [url, at] = stand;
      else {
        url = await client.again(() => start(client));
        at = 0;
      }
    }
  }
  url.searchParams.set('digest', digest);
  const answer = await client.again(() =>
    client.request({ method: 'PUT', url, headers: { 'Content-Length': '0' } }, 'pull,push'),
  );
  if (answer.status !== 201) throw await failureOf(answer, 'PUT of an upload');
  answer.stream.resume();
  return true;
}

export async function putManifest(
  client: RegistryClient,
  reference: string,
  manifest: { readonly bytes: Buffer; readonly mediaType: string },
): Promise<void> {
  await client.again(async () => {
    const headers = { 'Content-Type': manifest.mediaType, 'Content-Length': String(manifest.bytes.length) };
    const url = client.urlOf(`manifests/${reference}`);
    const answer = await client.request({ method: 'PUT', url, headers, body: manifest.bytes }, 'pull,push');
    if (answer.status !== 201 && answer.status !== 202) throw await failureOf(answer, `PUT manifests/${reference}`);
    answer.stream.resume();
  });
}
