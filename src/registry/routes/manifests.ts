/** Manifests: GET and HEAD by tag or digest, PUT, DELETE of an image or of a tag. */
import { findImage, findTag } from '#images/delete-image.ts';
import { algorithmOf, digestOf, isDigest } from '#images/digest.ts';
import { isTagName } from '#images/image-name.ts';
import { maxManifestBytes, type ParsedManifest, parseManifest } from '#images/parse-manifest.ts';
import type { ImageRow } from '#model/ecr.ts';
import { unknownRepository } from '../access.ts';
import { BlobError } from '../blob-store/blob-store.ts';
import type { PutManifestResult } from '../control.ts';
import { apiVersionHeader, type ManifestAnswer } from '../manifest-answers.ts';
import { RegistryError, type Reply } from '../request.ts';
import { isMatch } from './blobs.ts';
import { manifestUrl, type RepositoryContext, requireRepository, settle } from './context.ts';
import { repositoryForPush } from './uploads.ts';

const manifestUnknown = () => new RegistryError(404, 'MANIFEST_UNKNOWN', 'Requested image not found');

function findReference({ deps, target }: RepositoryContext, reference: string): ImageRow {
  const digest = isDigest(reference) ? reference : findTag(deps.view, target.arn, reference)?.digest;
  const image = digest === undefined ? undefined : findImage(deps.view, target.arn, digest);
  if (!image) throw manifestUnknown();
  return image;
}

function reply(context: RepositoryContext, image: ImageRow, answer: ManifestAnswer): Reply {
  const { deps, request, caller, target } = context;
  const { headers } = answer;
  if (isMatch(request.header('if-none-match'), image.digest)) {
    const { 'Content-Length': _, ...rest } = headers;
    return { status: 304, headers: rest };
  }
  if (request.method === 'HEAD') return { status: 200, headers, prebuilt: answer.head };
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
  requireRepository(context);
  const image = findReference(context, reference);
  if (image.status !== 'ACTIVE') {
    throw new RegistryError(404, 'MANIFEST_UNKNOWN', 'The requested image is archived; restore it before pulling it');
  }
  const known = deps.answers.known(image);
  if (known) return reply(context, image, known);
  return deps.answers.load(image).then((answer) => {
    if (!answer) throw manifestUnknown();
    return reply(context, image, answer);
  });
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
  const contentType = request.header('content-type')?.split(';', 1)[0]!.trim().toLowerCase();
  const parsed = parseManifest(bytes, contentType);
  if (!('problem' in parsed)) return parsed;
  throw new RegistryError(parsed.problem === 'TOO_LARGE' ? 413 : 400, 'MANIFEST_INVALID', parsed.message);
}

function refuse({ target }: RepositoryContext, result: PutManifestResult): void {
  switch (result.refused) {
    case undefined:
      return;
    case 'NO_REPOSITORY':
      throw unknownRepository(target);
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
  const input = { repositoryArn: target.arn, digest, manifestSizeBytes: bytes.length, parsed, tags };
  refuse(context, await settle(deps, deps.control.putManifest(input)));
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
