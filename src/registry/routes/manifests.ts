/** Manifests: GET and HEAD by tag or digest, PUT, DELETE of an image or of a tag. */
import { findImage, findTag } from '#images/delete-image.ts';
import { algorithmOf, digestOf, isDigest } from '#images/digest.ts';
import { isTagName } from '#images/image-name.ts';
import { maxManifestBytes, type ParsedManifest, parseManifest } from '#images/parse-manifest.ts';
import type { ImageRow } from '#model/ecr.ts';
import { unknownRepository } from '../access.ts';
import { BlobError } from '../blob-store/blob-store.ts';
import type { PutManifestResult } from '../control.ts';
import { apiVersionHeader, type ManifestAnswer, makeAnswer } from '../manifest-answers.ts';
import type { Cached } from '../pull-through/pull-through.ts';
import { cachedOf, isMissing, manifestFromUpstream } from '../pull-through/routes.ts';
import { RegistryError, type Reply } from '../request.ts';
import { isMatch } from './blobs.ts';
import { manifestUrl, type RepositoryContext, requireRepository, settle } from './context.ts';
import { isReplicated, repositoryForPush } from './uploads.ts';

const manifestUnknown = () => new RegistryError(404, 'MANIFEST_UNKNOWN', 'Requested image not found');

function findReference({ deps, target }: RepositoryContext, reference: string): ImageRow {
  const digest = isDigest(reference) ? reference : findTag(deps.view, target.arn, reference)?.digest;
  const image = digest === undefined ? undefined : findImage(deps.view, target.arn, digest);
  if (!image) throw manifestUnknown();
  return image;
}

function reply(context: RepositoryContext, image: Pick<ImageRow, 'digest'>, answer: ManifestAnswer): Reply {
  const { deps, request, caller, target } = context;
  const { headers } = answer;
  if (isMatch(request.header('if-none-match'), image.digest)) {
    const { 'Content-Length': _, ...rest } = headers;
    return { status: 304, headers: rest };
  }
  if (request.method === 'HEAD') return { status: 200, headers, prebuilt: answer.head };
  deps.usage.count(target.arn, 'RepositoryPullCount');
  const principalArn = caller.principal?.arn;
  const pull = { repositoryArn: target.arn, digest: image.digest };
  deps.pulls.record(principalArn === undefined ? pull : { ...pull, principalArn });
  return { status: 200, headers, body: answer.body, prebuilt: answer.get };
}

/** At once when the answer is kept. */
export function getManifest(context: RepositoryContext, reference: string): Reply | Promise<Reply> {
  const { deps, request, caller, target } = context;
  deps.access.requireAny(
    request,
    caller,
    target,
    request.method === 'HEAD' ? ['BatchGetImage', 'DescribeImages', 'PutImage'] : ['BatchGetImage'],
  );
  const cached = cachedOf(context);
  if (cached && isMissing(context, cached, reference)) return getFromUpstream(context, cached, reference);
  requireRepository(context);
  const image = findReference(context, reference);
  if (image.status !== 'ACTIVE') {
    throw new RegistryError(404, 'MANIFEST_UNKNOWN', 'The requested image is archived; restore it before pulling it');
  }
  const checked = deps.signatures?.check(context, image);
  if (!checked) return answerWith(context, image);
  return checked.then(
    () => answerWith(context, image),
    (refusal) => {
      // Who looks before a push is to go on; who looks before a pull asks again, and is told why not.
      throw request.method === 'HEAD' ? manifestUnknown() : refusal;
    },
  );
}

function answerWith(context: RepositoryContext, image: ImageRow): Reply | Promise<Reply> {
  const { answers } = context.deps;
  const known = answers.known(image);
  if (known) return reply(context, image, known);
  return answers.load(image).then((answer) => {
    if (!answer) throw manifestUnknown();
    return reply(context, image, answer);
  });
}

async function getFromUpstream(context: RepositoryContext, cached: Cached, reference: string): Promise<Reply> {
  const manifest = await manifestFromUpstream(context, cached, reference);
  const { signatures, view } = context.deps;
  if (signatures) {
    const image = findImage(view, context.target.arn, manifest.digest);
    if (image) await signatures.check(context, image);
    else signatures.checkForeign(context, manifest.digest);
  }
  return reply(context, manifest, makeAnswer(manifest, manifest.bytes));
}

async function readBody({ request }: RepositoryContext): Promise<Buffer> {
  const tooLarge = () => new RegistryError(413, 'SIZE_INVALID', `manifests may have ${maxManifestBytes} bytes at most`);
  if (Number(request.header('content-length') ?? 0) > maxManifestBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > maxManifestBytes) throw tooLarge();
    chunks.push(Buffer.from(chunk));
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
}

/** What the request says that the manifest is to be called. */
function namesOf({ request }: RepositoryContext, reference: string, bytes: Buffer) {
  const query = new URLSearchParams(request.query);
  const isByDigest = reference.includes(':');
  const wanted = isByDigest ? reference : (query.get('digest') ?? undefined);
  if (wanted !== undefined && !isDigest(wanted)) {
    throw new RegistryError(400, 'DIGEST_INVALID', `'${wanted}' is not a digest of sha256 or sha512`);
  }
  const tags = [...(isByDigest ? [] : [reference]), ...query.getAll('tag')];
  for (const tag of tags) {
    if (!isTagName(tag)) throw new RegistryError(400, 'TAG_INVALID', `'${tag}' is not the name of a tag`);
  }
  const digest = digestOf(bytes, wanted === undefined ? 'sha256' : algorithmOf(wanted));
  if (wanted !== undefined && digest !== wanted) {
    const message = `the digest of the manifest is ${digest}, not ${wanted}`;
    throw new RegistryError(400, 'DIGEST_INVALID', message);
  }
  return { digest, tags, tagParameters: query.getAll('tag') };
}

function parse({ request }: RepositoryContext, bytes: Buffer): ParsedManifest {
  const [contentType = ''] = (request.header('content-type') ?? '').split(';', 1);
  const parsed = parseManifest(bytes, contentType.trim().toLowerCase());
  if (!('problem' in parsed)) return parsed;
  throw new RegistryError(parsed.problem === 'TOO_LARGE' ? 413 : 400, 'MANIFEST_INVALID', parsed.message);
}

function refuse({ target }: RepositoryContext, result: PutManifestResult): void {
  switch (result.refused) {
    case undefined:
      return;
    case 'NO_REPOSITORY':
      throw unknownRepository(target);
    case 'TOO_MANY':
      throw new RegistryError(403, 'DENIED', result.message);
    case 'TAG_IMMUTABLE': {
      const message = `The image tag '${result.tag}' already exists in the '${target.name}' repository and cannot be overwritten because the tag is immutable.`;
      throw new RegistryError(400, 'TAG_INVALID', message);
    }
    case 'BLOB_UNKNOWN':
    case 'CHILD_UNKNOWN': {
      const message = `the manifest refers to what is not in the repository: ${result.digests.join(', ')}`;
      throw new RegistryError(400, 'MANIFEST_BLOB_UNKNOWN', message, {
        detail: result.digests.map((digest) => ({ digest })),
      });
    }
  }
}

export async function putManifest(context: RepositoryContext, reference: string): Promise<Reply> {
  const { deps, request, caller, target } = context;
  deps.access.requireAny(request, caller, target, ['PutImage']);
  const bytes = await readBody(context);
  const { digest, tags, tagParameters } = namesOf(context, reference, bytes);
  const parsed = parse(context, bytes);
  await repositoryForPush(context);
  await deps.blobs.write(bytes, digest).catch((error: unknown) => {
    if (!(error instanceof BlobError) || error.reason !== 'disk full') throw error;
    throw new RegistryError(507, 'UNKNOWN', error.message);
  });
  const isReplica = isReplicated(context);
  const input = { repositoryArn: target.arn, digest, manifestSizeBytes: bytes.length, parsed, tags, isReplica };
  refuse(context, await settle(deps, deps.control.putManifest(input)));
  deps.usage.count(target.arn, 'RepositoryPushCount');
  return {
    status: 201,
    headers: {
      ...apiVersionHeader,
      Location: manifestUrl(target, digest),
      'Docker-Content-Digest': digest,
      ...(parsed.subject && { 'OCI-Subject': parsed.subject.digest }),
      ...(tagParameters.length > 0 && { 'OCI-Tag': tagParameters.join(', ') }),
      'Content-Length': 0,
    },
  };
}

export async function deleteManifest(context: RepositoryContext, reference: string): Promise<Reply> {
  const { deps, request, caller, target } = context;
  deps.access.requireAny(request, caller, target, ['BatchDeleteImage']);
  requireRepository(context);
  const done = { status: 202, headers: { ...apiVersionHeader, 'Content-Length': 0 } };
  if (!reference.includes(':')) {
    const input = { repositoryArn: target.arn, tag: reference };
    if (!(await settle(deps, deps.control.deleteTag(input))).done) throw manifestUnknown();
    return done;
  }
  if (!isDigest(reference)) {
    throw new RegistryError(400, 'DIGEST_INVALID', `'${reference}' is not a digest of sha256 or sha512`);
  }
  const input = { repositoryArn: target.arn, digest: reference };
  const outcome = await settle(deps, deps.control.deleteManifest(input));
  if (outcome.why === 'IN_USE') {
    const message = `the image is listed by the index ${outcome.by![0]}; delete that first`;
    throw new RegistryError(405, 'UNSUPPORTED', message);
  }
  if (!outcome.done) throw manifestUnknown();
  return done;
}
