/** Blobs: HEAD, GET with ranges and conditions, DELETE. */
import { needsPromise } from '#images/blob-promises.ts';
import { blobIn } from '#images/blobs.ts';
import { isDigest } from '#images/digest.ts';
import type { RepositoryBlobRow } from '#model/ecr.ts';
import { apiVersionHeader } from '../manifest-answers.ts';
import { blobFromUpstream, cachedOf } from '../pull-through/routes.ts';
import { parseRange } from '../range.ts';
import { RegistryError, type Reply } from '../request.ts';
import { isSignedFor } from '../signed-blob.ts';
import { type RepositoryContext, type RouteContext, requireRepository, settle } from './context.ts';

const digestInvalid = (reference: string) =>
  new RegistryError(400, 'DIGEST_INVALID', `'${reference}' is not a digest of sha256 or sha512`);
const blobUnknown = (digest: string) =>
  new RegistryError(404, 'BLOB_UNKNOWN', 'blob unknown to registry', { detail: { digest } });

/** A client follows at once; longer ones may be passed on to others for longer. */
const redirectLifetimeMs = 20 * 60_000;

/** Bytes under a digest never change. */
const cacheControl = 'max-age=31536000';

const headersOf = (digest: string) => ({
  ...apiVersionHeader,
  'Content-Type': 'application/octet-stream',
  'Docker-Content-Digest': digest,
  ETag: `"${digest}"`,
  'Accept-Ranges': 'bytes',
  'Cache-Control': cacheControl,
});

/** Whether one of the entity tags is the digest's. */
export const isMatch = (condition: string | undefined, digest: string): boolean =>
  (condition ?? '').split(',').some((tag) => {
    const plain = tag.trim().replace(/^W\//, '');
    return plain === '*' || plain === `"${digest}"` || plain === digest;
  });

async function answer(context: RouteContext, digest: string, sizeBytes: number | undefined): Promise<Reply> {
  const { deps, request } = context;
  const headers = headersOf(digest);
  if (isMatch(request.header('if-none-match'), digest)) return { status: 304, headers };
  if (request.method === 'HEAD' && sizeBytes !== undefined && request.header('range') === undefined) {
    return { status: 200, headers: { ...headers, 'Content-Length': sizeBytes } };
  }
  if (request.method === 'GET' && deps.blobs.redirect) {
    const url = await deps.blobs.redirect(digest, redirectLifetimeMs);
    return { status: 307, headers: { ...apiVersionHeader, Location: url, 'Content-Length': 0 } };
  }
  const source = await deps.blobs.open(digest);
  if (!source) throw blobUnknown(digest);
  const size = source.sizeBytes;
  const ifRange = request.header('if-range');
  const isRangeWanted = ifRange === undefined || isMatch(ifRange, digest);
  const range = isRangeWanted ? parseRange(request.header('range'), size) : undefined;
  if (range === 'unsatisfiable') {
    await source.close();
    const message = 'the range is not in the blob';
    throw new RegistryError(416, 'RANGE_INVALID', message, { headers: { 'Content-Range': `bytes */${size}` } });
  }
  const { start, end } = range ?? { start: 0, end: size };
  const all = {
    ...headers,
    'Content-Length': end - start,
    ...(range && { 'Content-Range': `bytes ${start}-${end - 1}/${size}` }),
  };
  const status = range ? 206 : 200;
  if (request.method === 'HEAD') {
    await source.close();
    return { status, headers: all };
  }
  return { status, headers: all, blob: { source, start, end } };
}

/** What a repository under a pull-through cache rule has not cached yet: its row by now, or an answer from the upstream. */
async function blobFromCache(
  context: RepositoryContext,
  digest: string,
): Promise<Reply | RepositoryBlobRow | undefined> {
  const cached = cachedOf(context);
  if (!cached) return undefined;
  const reply = await blobFromUpstream(context, cached, digest, headersOf(digest));
  return reply ?? blobIn(context.deps.view, cached.arn, digest);
}

export async function getBlob(context: RepositoryContext, digest: string): Promise<Reply> {
  const { deps, request, caller, target } = context;
  const isHead = request.method === 'HEAD';
  deps.access.requireAny(
    request,
    caller,
    target,
    isHead ? ['BatchCheckLayerAvailability', 'GetDownloadUrlForLayer'] : ['GetDownloadUrlForLayer'],
  );
  if (!isDigest(digest)) throw digestInvalid(digest);
  requireRepository(context);
  const row = blobIn(deps.view, target.arn, digest) ?? (await blobFromCache(context, digest));
  if (!row) throw blobUnknown(digest);
  if ('status' in row) return row;
  if (isHead && needsPromise(deps.view, row, deps.clock.now())) {
    const { done } = await settle(deps, deps.control.promiseBlob({ repositoryArn: target.arn, digest }));
    if (!done) throw blobUnknown(digest);
  }
  return answer(context, digest, row.sizeBytes);
}

/** At a path that GetDownloadUrlForLayer made; asks for no credentials. */
export async function getSignedBlob(context: RouteContext, digest: string): Promise<Reply> {
  const { deps, request } = context;
  const query = new URLSearchParams(request.query);
  if (!isDigest(digest) || !isSignedFor(deps.vault, digest, query, deps.clock.now())) {
    throw new RegistryError(403, 'DENIED', 'the signature of this URL does not match, or it has expired');
  }
  return answer(context, digest, undefined);
}

export async function deleteBlob(context: RepositoryContext, digest: string): Promise<Reply> {
  const { deps, request, caller, target } = context;
  deps.access.requireAny(request, caller, target, ['BatchDeleteImage']);
  if (!isDigest(digest)) throw digestInvalid(digest);
  requireRepository(context);
  const outcome = await settle(deps, deps.control.unlinkBlob({ repositoryArn: target.arn, digest }));
  if (outcome.why === 'IN_USE') {
    const message = `the blob belongs to the image ${outcome.by![0]}; delete that first`;
    throw new RegistryError(405, 'UNSUPPORTED', message);
  }
  if (!outcome.done) throw blobUnknown(digest);
  return { status: 202, headers: { ...apiVersionHeader, 'Docker-Content-Digest': digest, 'Content-Length': 0 } };
}
