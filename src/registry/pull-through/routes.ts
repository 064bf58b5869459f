/** The pull-through cache as the routes ask it. */

import { isDigest } from '#images/digest.ts';
import { findUpstream } from '#images/upstream-rules.ts';
import { parseRange } from '../range.ts';
import { RegistryError, type Reply } from '../request.ts';
import type { RepositoryContext } from '../routes/context.ts';
import type { Download } from './download.ts';
import type { Cached, FetchedManifest } from './pull-through.ts';
import { toRegistryError } from './upstream-errors.ts';

/** Undefined for a repository that no rule is for. */
export function cachedOf({ deps, target }: RepositoryContext): Cached | undefined {
  const upstream = findUpstream(deps.view, target.registry, target.name);
  return upstream && { registry: target.registry, name: target.name, arn: target.arn, upstream };
}

/** Asked only when something has to be fetched: what is cached needs no more than any other image. */
const mayImport = ({ deps, request, caller, target }: RepositoryContext): boolean =>
  deps.access.may(request, caller, target, 'BatchImportUpstreamImage') &&
  (target.repository !== undefined || deps.access.may(request, caller, target, 'CreateRepository'));

function requireImport({ deps, request, caller, target }: RepositoryContext): void {
  deps.access.requireAny(request, caller, target, ['BatchImportUpstreamImage']);
  if (!target.repository) deps.access.requireAny(request, caller, target, ['CreateRepository']);
}

export async function manifestFromUpstream(
  context: RepositoryContext,
  cached: Cached,
  reference: string,
): Promise<FetchedManifest> {
  requireImport(context);
  try {
    // A pull by tag begins with a HEAD, and ends with it where the client has the image already.
    const isPull = context.request.method === 'GET' || !isDigest(reference);
    return await context.deps.pullThrough.manifest(cached, reference, isPull);
  } catch (error) {
    throw toRegistryError(error, context.target.repository ? 'MANIFEST_UNKNOWN' : 'NAME_UNKNOWN');
  }
}

/** Whether the upstream is to be asked: who may not import, and who only looks before a push, gets what is here. */
export function isMissing(context: RepositoryContext, cached: Cached, reference: string): boolean {
  if (context.deps.pullThrough.local(cached, reference)) return false;
  return context.request.method === 'GET' || mayImport(context);
}

function partOf(context: RepositoryContext, download: Download, size: number, headers: Reply['headers']): Reply {
  const range = parseRange(context.request.header('range'), size);
  if (range === 'unsatisfiable') {
    const message = 'the range is not in the blob';
    throw new RegistryError(416, 'RANGE_INVALID', message, { headers: { 'Content-Range': `bytes */${size}` } });
  }
  const { start, end } = range ?? { start: 0, end: size };
  const contentRange = range && { 'Content-Range': `bytes ${start}-${end - 1}/${size}` };
  return {
    status: range ? 206 : 200,
    headers: { ...headers, 'Content-Length': end - start, ...contentRange },
    blob: { source: download.source(), start, end },
  };
}

/** Undefined when the blob is the repository's by now: it is answered as any other. */
export async function blobFromUpstream(
  context: RepositoryContext,
  cached: Cached,
  digest: string,
  headers: Reply['headers'],
): Promise<Reply | undefined> {
  const { deps, request } = context;
  if (request.method === 'HEAD' && !mayImport(context)) return undefined;
  requireImport(context);
  try {
    if (request.method === 'HEAD') {
      const found = await deps.pullThrough.statBlob(cached, digest);
      if (!found) return undefined;
      if (found.sizeBytes !== undefined) {
        return { status: 200, headers: { ...headers, 'Content-Length': found.sizeBytes } };
      }
    }
    const download = await deps.pullThrough.blob(cached, digest);
    if (!download) return undefined;
    if (download.sizeBytes !== undefined) return partOf(context, download, download.sizeBytes, headers);
    await download.done;
    return undefined;
  } catch (error) {
    throw toRegistryError(error, 'BLOB_UNKNOWN');
  }
}
