/** ClientRequestToken: the version id that a request makes, and how a repeated request is known. */
import { uuid } from '#lib/ids.ts';
import type { SecretVersionRow } from '#model/secretsmanager.ts';
import { secretVersions } from '#store/tables/secrets.ts';
import type { SecretsContext } from './context.ts';
import { invalidParameter, tokenInUse } from './errors.ts';
import { versionKey } from './secrets.ts';
import { openUnasked, type Value } from './values.ts';

export function versionIdOf(ctx: SecretsContext, token: string | undefined): string {
  if (token === undefined) return uuid(ctx.random);
  if (token.length < 32 || token.length > 64) {
    throw invalidParameter('ClientRequestToken must be 32-64 characters long.');
  }
  return token;
}

/** The version that the same request made before. A version of another value under the token is an error. */
export function repeated(
  ctx: SecretsContext,
  arn: string,
  versionId: string,
  value: Value,
): SecretVersionRow | undefined {
  const version = ctx.store.get(secretVersions, versionKey(arn, versionId));
  if (!version) return undefined;
  if (version.kind === value.kind && openUnasked(ctx, version).equals(value.bytes)) return version;
  throw tokenInUse(versionId, arn);
}
