/**
 * The token endpoint: who sends credentials gets a token that carries who he is, and lasts no longer than what was sent;
 * who sends none gets one in nobody's name, good for public repositories. GET with Basic credentials is what docker,
 * podman, skopeo, crane and oras do; POST with a form is OAuth2's way, which containerd tries first.
 *
 * https://distribution.github.io/distribution/spec/auth/token/
 * https://distribution.github.io/distribution/spec/auth/oauth/
 */
import { issueAnonymousToken, issueRegistryToken, type RegistryToken } from '#auth/registry-token.ts';
import type { Caller } from '../callers.ts';
import { apiVersionHeader } from '../manifest-answers.ts';
import { jsonReply, RegistryError, type Reply } from '../request.ts';
import type { RouteContext } from './context.ts';

const maxFormBytes = 64 * 1024;

function issue({ deps, request }: RouteContext, caller: Caller): RegistryToken {
  const { vault, clock, access } = deps;
  const now = clock.now();
  if (!caller.principal) return issueAnonymousToken({ vault }, now);
  const { account, region } = access.ownRegistry(request, caller);
  return issueRegistryToken({ vault }, caller.principal, { account, region }, now, caller.expiresAt);
}

function answer(context: RouteContext, caller: Caller): Reply {
  const now = context.deps.clock.now();
  const { token, expiresAt } = issue(context, caller);
  return jsonReply(
    {
      token,
      access_token: token,
      expires_in: Math.floor((expiresAt - now) / 1000),
      issued_at: new Date(now).toISOString(),
    },
    { ...apiVersionHeader, 'Cache-Control': 'no-store' },
  );
}

export const getToken = (context: RouteContext): Reply => answer(context, context.caller);

async function readForm({ request }: RouteContext): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > maxFormBytes) throw new RegistryError(413, 'SIZE_INVALID', 'the form is too large');
    chunks.push(Buffer.from(chunk));
  }
  return new URLSearchParams(Buffer.concat(chunks, size).toString());
}

const refuse = (error: string): Reply => ({ ...jsonReply({ error }), status: 400 });

export async function postToken(context: RouteContext): Promise<Reply> {
  const { deps, request } = context;
  const form = await readForm(context);
  // Refresh tokens are never given, so nobody has one.
  if (form.get('grant_type') !== 'password') return refuse('unsupported_grant_type');
  const [user, password] = [form.get('username'), form.get('password')];
  if (user === null || password === null) return refuse('invalid_request');
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return answer(context, deps.access.identify({ ...request, authorization }));
}
