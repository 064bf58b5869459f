/** Uploads of blobs: begun by POST (or done in one, or mounted), continued by PATCH, ended by PUT, asked about by GET, given up by DELETE. */
import { blobIn } from '#images/blobs.ts';
import { isDigest } from '#images/digest.ts';
import { scopeKey } from '#model/arn.ts';
import { registryKey } from '#model/ecr.ts';
import { registries, repositories, repositoryBlobs } from '#store/tables/ecr.ts';
import { unknownRepository } from '../access.ts';
import { BlobError } from '../blob-store/blob-store.ts';
import { apiVersionHeader } from '../manifest-answers.ts';
import { replicationHeader } from '../push-away.ts';
import { type ByteRange, parseContentRange } from '../range.ts';
import { RegistryError, type Reply } from '../request.ts';
import { blobUrl, type RepositoryContext, requireRepository, settle } from './context.ts';

const uploadUnknown = () => new RegistryError(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');

async function* nothing(): AsyncGenerator<Buffer> {}

const bodyOf = ({ request }: RepositoryContext): AsyncIterable<Buffer> => request.body ?? nothing();

const uploadUrl = ({ target, deps }: RepositoryContext, id: string): string =>
  `/v2/${target.path}/blobs/uploads/${deps.uploadNames.seal(id, target.arn)}`;

function uploadHeaders(context: RepositoryContext, id: string, sizeBytes: number): Record<string, string | number> {
  return {
    ...apiVersionHeader,
    Location: uploadUrl(context, id),
    Range: `0-${Math.max(0, sizeBytes - 1)}`,
    'Docker-Upload-UUID': id,
  };
}

/** The errors of the blob store in the words of the specification. */
async function withStorageErrors<T>(context: RepositoryContext, id: string | undefined, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof BlobError)) throw error;
    switch (error.reason) {
      case 'digest':
        throw new RegistryError(400, 'DIGEST_INVALID', error.message);
      case 'unknown upload':
        throw uploadUnknown();
      case 'offset': {
        const headers = id === undefined ? {} : uploadHeaders(context, id, error.sizeBytes ?? 0);
        throw new RegistryError(416, 'BLOB_UPLOAD_INVALID', error.message, { headers });
      }
      case 'disk full':
        throw new RegistryError(507, 'UNKNOWN', error.message);
      case 'too large':
        throw new RegistryError(413, 'SIZE_INVALID', error.message);
      case 'unavailable':
        throw new RegistryError(503, 'UNAVAILABLE', error.message);
    }
  }
}

/** Another Slipway says that it replicates, and may: then templates for that apply, and it is not replicated on. */
export const isReplicated = ({ deps, request, caller, target }: RepositoryContext): boolean =>
  request.header(replicationHeader) !== undefined && deps.access.may(request, caller, target, 'ReplicateImage');

/** The repository of a push, made when it is missing and may be. */
export async function repositoryForPush(context: RepositoryContext): Promise<void> {
  const { deps, request, caller, target } = context;
  if (target.repository) return;
  if (target.registry.kind === 'public') throw unknownRepository(target);
  const { account, region } = target.registry;
  const isReplication = isReplicated(context);
  const input = { scope: { account, region }, name: target.name, always: deps.createOnPush, isReplication };
  if (!deps.access.may(request, caller, target, 'CreateRepository')) throw unknownRepository(target);
  const made = await settle(deps, deps.control.ensureRepository(input));
  if (!('refused' in made)) return;
  if (made.refused !== 'TOO_MANY_REPOSITORIES') throw unknownRepository(target);
  throw new RegistryError(403, 'DENIED', 'the registry has the maximum allowed number of repositories');
}

async function linked(context: RepositoryContext, digest: string, sizeBytes: number): Promise<Reply> {
  const { deps, target } = context;
  const input = { repositoryArn: target.arn, digest, sizeBytes };
  const { done } = await settle(deps, deps.control.linkBlob(input));
  if (!done) throw unknownRepository(target);
  return created(context, digest);
}

const created = ({ target }: RepositoryContext, digest: string): Reply => ({
  status: 201,
  headers: {
    ...apiVersionHeader,
    Location: blobUrl(target, digest),
    'Docker-Content-Digest': digest,
    'Content-Length': 0,
  },
});

/** A repository of which the caller may have the blob: the one that `from` names, else any. */
function findSource(context: RepositoryContext, digest: string, from: string | null): string | undefined {
  const { deps, request, caller, target } = context;
  const { view, access } = deps;
  if (blobIn(view, target.arn, digest)) return target.arn;
  if (from !== null) {
    try {
      const source = access.resolve(request, caller, from);
      const isThere = blobIn(view, source.arn, digest) !== undefined;
      return isThere && access.may(request, caller, source, 'GetDownloadUrlForLayer') ? source.arn : undefined;
    } catch (error) {
      if (error instanceof RegistryError) return undefined;
      throw error;
    }
  }
  let asked = 0;
  for (const row of view.find(repositoryBlobs, 'byDigest', digest)) {
    const repository = view.get(repositories, row.repositoryArn);
    // Blobs go from one repository to another within a registry; a common base layer may be in thousands of them.
    if (!repository || registryKey(repository) !== registryKey(target.registry)) continue;
    if (++asked > 100) return undefined;
    const source = { ...target, name: repository.name, arn: repository.arn, repository };
    if (access.may(request, caller, source, 'GetDownloadUrlForLayer')) return row.repositoryArn;
  }
  return undefined;
}

export async function startUpload(context: RepositoryContext): Promise<Reply> {
  const { deps, request, caller, target } = context;
  const { access } = deps;
  access.requireAny(request, caller, target, ['InitiateLayerUpload']);
  const query = new URLSearchParams(request.query);
  const digest = query.get('digest');
  const mount = query.get('mount');
  for (const given of [digest, mount]) if (given !== null && !isDigest(given)) throw invalidDigest(given);
  await repositoryForPush(context);
  if (mount !== null && deps.view.get(registries, scopeKey(target.registry))?.settings?.BLOB_MOUNTING !== 'DISABLED') {
    const from = findSource(context, mount, query.get('from'));
    if (from !== undefined) {
      const { done } = await settle(deps, deps.control.mountBlob({ from, to: target.arn, digest: mount }));
      if (done) return created(context, mount);
    }
  }
  const id = await deps.blobs.startUpload();
  if (digest !== null && mount === null) {
    access.requireAny(request, caller, target, ['UploadLayerPart']);
    access.requireAny(request, caller, target, ['CompleteLayerUpload']);
    return finish(context, id, digest, undefined);
  }
  return { status: 202, headers: { ...uploadHeaders(context, id, 0), 'Content-Length': 0 } };
}

const invalidDigest = (digest: string) =>
  new RegistryError(400, 'DIGEST_INVALID', `'${digest}' is not a digest of sha256 or sha512`);

function openUpload(context: RepositoryContext, reference: string): string {
  requireRepository(context);
  const id = context.deps.uploadNames.open(reference, context.target.arn);
  if (id === undefined) throw uploadUnknown();
  return id;
}

/** Where the chunk says that it belongs; undefined where it says nothing. */
function chunkRange({ request }: RepositoryContext): ByteRange | undefined {
  const header = request.header('content-range');
  if (header === undefined) return undefined;
  const range = parseContentRange(header);
  if (!range) throw new RegistryError(400, 'BLOB_UPLOAD_INVALID', `'${header}' is not the range of a chunk`);
  const length = request.header('content-length');
  if (length !== undefined && Number(length) !== range.end - range.start) {
    throw new RegistryError(400, 'SIZE_INVALID', 'the range of the chunk is not as long as its content');
  }
  return range;
}

export async function patchUpload(context: RepositoryContext, reference: string): Promise<Reply> {
  const { deps, request, caller, target } = context;
  deps.access.requireAny(request, caller, target, ['UploadLayerPart']);
  const id = openUpload(context, reference);
  const range = chunkRange(context);
  const append = deps.blobs.append(id, range?.start, bodyOf(context));
  const sizeBytes = await withStorageErrors(context, id, append);
  return { status: 202, headers: { ...uploadHeaders(context, id, sizeBytes), 'Content-Length': 0 } };
}

async function finish(
  context: RepositoryContext,
  id: string,
  digest: string,
  offset: number | undefined,
): Promise<Reply> {
  const { blobs } = context.deps;
  const done = blobs.finish(id, digest, { offset, chunks: bodyOf(context) });
  const { sizeBytes } = await withStorageErrors(context, id, done);
  return linked(context, digest, sizeBytes);
}

export async function putUpload(context: RepositoryContext, reference: string): Promise<Reply> {
  const { deps, request, caller, target } = context;
  deps.access.requireAny(request, caller, target, ['CompleteLayerUpload']);
  const id = openUpload(context, reference);
  const digest = new URLSearchParams(request.query).get('digest') ?? '';
  if (!isDigest(digest)) throw invalidDigest(digest);
  return finish(context, id, digest, chunkRange(context)?.start);
}

export async function getUpload(context: RepositoryContext, reference: string): Promise<Reply> {
  const { deps, request, caller, target } = context;
  deps.access.requireAny(request, caller, target, ['UploadLayerPart', 'InitiateLayerUpload']);
  const id = openUpload(context, reference);
  const upload = await deps.blobs.upload(id);
  if (!upload) throw uploadUnknown();
  return { status: 204, headers: uploadHeaders(context, id, upload.sizeBytes) };
}

export async function deleteUpload(context: RepositoryContext, reference: string): Promise<Reply> {
  const { deps, request, caller, target } = context;
  deps.access.requireAny(request, caller, target, ['UploadLayerPart', 'InitiateLayerUpload']);
  const id = openUpload(context, reference);
  if (!(await deps.blobs.abort(id))) throw uploadUnknown();
  return { status: 204, headers: { ...apiVersionHeader, 'Docker-Upload-UUID': id } };
}
