/** Lists: tags of a repository, repositories of the caller's registry, referrers of a manifest. */
import { isDigest } from '#images/digest.ts';
import { annotationsOf, effectiveArtifactType, ociIndexType } from '#images/parse-manifest.ts';
import { tagKey } from '#images/put-image.ts';
import { findReferrers } from '#images/referrers.ts';
import { type ImageRow, registryKey, repositoryArn } from '#model/ecr.ts';
import { imageTags, repositories } from '#store/tables/ecr.ts';
import { apiVersionHeader } from '../manifest-answers.ts';
import { jsonReply, RegistryError, type Reply } from '../request.ts';
import { type RepositoryContext, type RouteContext, requireRepository } from './context.ts';

interface Page {
  readonly limit: number;
  readonly last: string | undefined;
}

function pageOf(query: URLSearchParams): Page {
  const n = query.get('n');
  if (n !== null && !/^\d{1,9}$/.test(n)) {
    throw new RegistryError(400, 'PAGINATION_NUMBER_INVALID', 'n must be a number that is not negative');
  }
  const last = query.get('last');
  return {
    limit: n === null ? Number.POSITIVE_INFINITY : Number(n),
    last: last === null || last === '' ? undefined : last,
  };
}

/** The first `limit` names; says where the next page begins when there is one. */
function take(names: Iterable<string>, limit: number): { readonly names: string[]; readonly more: boolean } {
  const taken: string[] = [];
  if (limit === 0) return { names: taken, more: false };
  for (const name of names) {
    if (taken.length === limit) return { names: taken, more: true };
    taken.push(name);
  }
  return { names: taken, more: false };
}

const linkTo = (path: string, last: string, limit: number): Record<string, string> => ({
  Link: `<${path}?last=${encodeURIComponent(last)}&n=${limit}>; rel="next"`,
});

function* map<A, B>(values: Iterable<A>, fn: (value: A) => B): Generator<B> {
  for (const value of values) yield fn(value);
}

export function listTags(context: RepositoryContext): Reply {
  const { deps, request, caller, target } = context;
  deps.access.requireAny(request, caller, target, ['ListImages', 'DescribeImages']);
  requireRepository(context);
  const { limit, last } = pageOf(new URLSearchParams(request.query));
  const after = last === undefined ? undefined : tagKey(target.arn, last);
  const rows = deps.view.find(imageTags, 'byRepository', target.arn, after);
  const { names, more } = take(
    map(rows, (row) => row.tag),
    limit,
  );
  const link = more ? linkTo(`/v2/${target.path}/tags/list`, names.at(-1)!, limit) : {};
  return jsonReply({ name: target.path, tags: names }, { ...apiVersionHeader, ...link });
}

export function listRepositories(context: RouteContext): Reply {
  const { deps, request, caller } = context;
  const registry = deps.access.ownRegistry(request, caller);
  const all = { path: '', registry, name: '*', arn: repositoryArn(registry, '*'), repository: undefined };
  deps.access.requireAny(request, caller, all, ['DescribeRepositories']);
  const { limit, last } = pageOf(new URLSearchParams(request.query));
  const after = last === undefined ? undefined : repositoryArn(registry, last);
  const rows = deps.view.find(repositories, 'byRegistry', registryKey(registry), after);
  const { names, more } = take(
    map(rows, (row) => row.name),
    limit,
  );
  const link = more ? linkTo('/v2/_catalog', names.at(-1)!, limit) : {};
  return jsonReply({ repositories: names }, { ...apiVersionHeader, ...link });
}

function describe(image: ImageRow, annotations: ImageRow['annotations']) {
  const type = effectiveArtifactType(image);
  return {
    mediaType: image.mediaType,
    digest: image.digest,
    size: image.manifestSizeBytes,
    ...(type !== undefined && { artifactType: type }),
    ...(annotations && { annotations }),
  };
}

function referrersReply(manifests: readonly object[], artifactType: string | undefined): Reply {
  return jsonReply(
    { schemaVersion: 2, mediaType: ociIndexType, manifests },
    {
      ...apiVersionHeader,
      'Content-Type': ociIndexType,
      ...(artifactType !== undefined && { 'OCI-Filters-Applied': 'artifactType' }),
    },
  );
}

export function listReferrers(context: RepositoryContext, digest: string): Reply | Promise<Reply> {
  const { deps, request, caller, target } = context;
  deps.access.requireAny(request, caller, target, ['ListImageReferrers', 'BatchGetImage']);
  if (!isDigest(digest)) throw new RegistryError(400, 'DIGEST_INVALID', `'${digest}' is not a digest`);
  // Where a push would make the repository, it is as if it were there and empty.
  if (!deps.createOnPush) requireRepository(context);
  const artifactType = new URLSearchParams(request.query).get('artifactType') || undefined;
  const found = findReferrers(deps.view, target.arn, digest, artifactType);
  if (!found.some((image) => image.hasLargeAnnotations)) {
    return referrersReply(
      found.map((image) => describe(image, image.annotations)),
      artifactType,
    );
  }
  const read = found.map(async (image) => {
    const bytes = image.hasLargeAnnotations && (await deps.blobs.read(image.digest, image.manifestSizeBytes));
    return describe(image, bytes ? annotationsOf(bytes) : image.annotations);
  });
  return Promise.all(read).then((manifests) => referrersReply(manifests, artifactType));
}
