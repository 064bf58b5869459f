/** What every operation of Secrets Manager is given, and how a handler is typed from the SDK's own command types. */
import type { KeyDeps } from '#keys/kms-key.ts';
import type { Vault } from '#keys/vault.ts';
import type { RequestContext } from '#protocol/service.ts';
import type { Session } from '#store/store.ts';

export interface SecretsDeps {
  readonly vault: Vault;
}

export type SecretsContext = RequestContext<SecretsDeps, Session>;

export type SecretsOperation<Input, Output> = (
  ctx: SecretsContext,
  input: Input,
) => Omit<Output, '$metadata'> | Promise<Omit<Output, '$metadata'>>;

export const keyDeps = (ctx: SecretsContext): KeyDeps => ({
  vault: ctx.deps.vault,
  clock: ctx.clock,
  random: ctx.random,
});
