/** From a request to its answer: the one table of routes. Throws RegistryError. */

import { BlobError } from '../blob-store/blob-store.ts';
import { type Caller, newCaller } from '../callers.ts';
import { unauthorized } from '../challenge.ts';
import { apiVersionHeader } from '../manifest-answers.ts';
import { parsePath, type Route } from '../parse-path.ts';
import { ClientGone, errorReply, jsonReply, RegistryError, type RegistryRequest, type Reply } from '../request.ts';
import { deleteBlob, getBlob, getSignedBlob } from './blobs.ts';
import type { RepositoryContext, RouteContext, RouteDeps } from './context.ts';
import { listReferrers, listRepositories, listTags } from './listings.ts';
import { deleteManifest, getManifest, putManifest } from './manifests.ts';
import { getToken, postToken } from './token.ts';
import { deleteUpload, getUpload, patchUpload, putUpload, startUpload } from './uploads.ts';

export type Respond = (request: RegistryRequest) => Reply | Promise<Reply>;

type Answer = Reply | Promise<Reply>;
type Methods<C> = Readonly<Record<string, (context: C, reference: string) => Answer>>;

const base: Methods<RouteContext> = {
  GET: ({ request, caller }) => {
    if (!caller.principal && !caller.isAnonymousToken) throw unauthorized(request);
    return jsonReply({}, apiVersionHeader);
  },
};
const catalog: Methods<RouteContext> = { GET: listRepositories };
const signed: Methods<RouteContext> = { GET: getSignedBlob };
const token: Methods<RouteContext> = { GET: getToken, POST: postToken };

const repositoryRoutes: Readonly<
  Record<Exclude<Route['kind'], 'base' | 'catalog' | 'signed' | 'token'>, Methods<RepositoryContext>>
> = {
  manifest: { GET: getManifest, PUT: putManifest, DELETE: deleteManifest },
  blob: { GET: getBlob, DELETE: deleteBlob },
  uploads: { POST: startUpload },
  upload: { GET: getUpload, PATCH: patchUpload, PUT: putUpload, DELETE: deleteUpload },
  tags: { GET: listTags },
  referrers: { GET: listReferrers },
};

function pick<C>(methods: Methods<C>, method: string): (context: C, reference: string) => Answer {
  const found = methods[method === 'HEAD' ? 'GET' : method];
  if (found) return found;
  const names = Object.keys(methods);
  const allow = (names.includes('GET') ? [...names, 'HEAD'] : names).join(', ');
  throw new RegistryError(405, 'UNSUPPORTED', 'the operation is not supported here', { headers: { Allow: allow } });
}

function dispatch(deps: RouteDeps, request: RegistryRequest): Answer {
  const route = parsePath(request.path);
  if (!route) throw new RegistryError(404, 'NAME_UNKNOWN', 'there is nothing at this path');
  if (route.kind === 'signed') {
    const caller = newCaller(undefined, 0);
    return pick(signed, request.method)({ deps, request, caller }, route.reference);
  }
  const caller = deps.access.identify(request);
  if (!deps.callers.isDue(caller)) return answer(deps, request, caller, route);
  return deps.callers.isAlive(caller).then((alive) => {
    if (!alive) throw unauthorized(request);
    return answer(deps, request, caller, route);
  });
}

function answer(
  deps: RouteDeps,
  request: RegistryRequest,
  caller: Caller,
  route: Exclude<Route, { readonly kind: 'signed' }>,
): Answer {
  if (route.kind === 'token') return pick(token, request.method)({ deps, request, caller }, '');
  if (route.kind === 'base') return pick(base, request.method)({ deps, request, caller }, '');
  if (route.kind === 'catalog') return pick(catalog, request.method)({ deps, request, caller }, '');
  const handle = pick(repositoryRoutes[route.kind], request.method);
  const target = deps.access.resolve(request, caller, route.name);
  return handle({ deps, request, caller, target }, 'reference' in route ? route.reference : '');
}

/** Never rejects: what goes wrong is an answer, too. Answers at once where it can. */
export function createRespond(deps: RouteDeps): Respond {
  const fail = (request: RegistryRequest, error: unknown): Reply => {
    if (error instanceof RegistryError) {
      return errorReply(error);
    }
    if (error instanceof ClientGone || (error as NodeJS.ErrnoException).code === 'ECONNRESET') {
      return errorReply(new RegistryError(400, 'BLOB_UPLOAD_INVALID', 'the request was cut off'));
    }
    if (error instanceof BlobError && error.reason === 'unavailable') {
      deps.logger.warn('the bytes of images cannot be reached', { path: request.path, error });
      return errorReply(new RegistryError(503, 'UNAVAILABLE', error.message));
    }
    deps.logger.error('a request failed', { method: request.method, path: request.path, error });
    return errorReply(new RegistryError(500, 'UNKNOWN', 'the registry could not do this; its log says why'));
  };
  return (request) => {
    try {
      const answer = dispatch(deps, request);
      return answer instanceof Promise ? answer.catch((error: unknown) => fail(request, error)) : answer;
    } catch (error) {
      return fail(request, error);
    }
  };
}
