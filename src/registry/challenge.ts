/**
 * What a client is told that has not said who it is. Names that Slipway makes up, and `public.ecr.aws`, hold public and
 * private repositories side by side, so they answer as token registries do: clients without credentials fetch a token in
 * nobody's name, the others send theirs to the same place (routes/token.ts). AWS's names of private registries ask for
 * Basic credentials, as ECR does. Basic credentials sent unasked are taken everywhere.
 *
 * https://distribution.github.io/distribution/spec/auth/token/
 */
import { awsRegistryOfHost } from '#images/image-name.ts';
import { parsePath } from './parse-path.ts';
import { RegistryError, type RegistryRequest } from './request.ts';

export type Challenged = Pick<RegistryRequest, 'host' | 'secure' | 'path' | 'method' | 'authorization' | 'header'>;

export const tokenPath = '/v2/token';

/** Behind a proxy that takes the TLS off, the realm has to be where the client came from. Nothing else believes this header. */
const schemeOf = ({ secure, header }: Challenged) =>
  secure || header('x-forwarded-proto') === 'https' ? 'https' : 'http';

/** What clients repeat to the token endpoint, which does not need it: a token says who, and policies say what he may. */
function scopeOf({ path, method }: Challenged): string | undefined {
  const route = parsePath(path);
  if (route?.kind === 'catalog') return 'registry:catalog:*';
  if (!route || !('name' in route) || !/^[a-z0-9._/-]+$/.test(route.name)) return undefined;
  return `repository:${route.name}:${method === 'GET' || method === 'HEAD' ? 'pull' : 'pull,push'}`;
}

export function challenge(request: Challenged): Record<string, string> {
  const { host = 'localhost', authorization = '' } = request;
  const origin = `${schemeOf(request)}://${host}`;
  const named = awsRegistryOfHost(host);
  if (named && named !== 'public') {
    return { 'WWW-Authenticate': `Basic realm="${origin}/",service="ecr.amazonaws.com"` };
  }
  const scope = named === 'public' ? 'aws' : scopeOf(request);
  const parameters = [
    `realm="${origin}${tokenPath}"`,
    `service="${named === 'public' ? 'public.ecr.aws' : host}"`,
    ...(scope === undefined ? [] : [`scope="${scope}"`]),
    // Clients that came with a token are not to try again with another one of the same kind.
    ...(/^bearer\s/i.test(authorization) ? ['error="invalid_token"'] : []),
  ];
  return { 'WWW-Authenticate': `Bearer ${parameters.join(',')}` };
}

export const unauthorized = (request: Challenged): RegistryError =>
  new RegistryError(401, 'UNAUTHORIZED', 'authentication required', { headers: challenge(request) });
