/** What every KMS operation is given, and how a handler is typed from the SDK's own command types. */
import type { KeyDeps } from '#keys/kms-key.ts';
import type { Vault } from '#keys/vault.ts';
import type { RequestContext } from '#protocol/service.ts';
import type { Session } from '#store/store.ts';

export interface KmsDeps {
  readonly vault: Vault;
}

export type KmsContext = RequestContext<KmsDeps, Session>;

export type KmsOperation<Input, Output> = (
  ctx: KmsContext,
  input: Input,
) => Omit<Output, '$metadata'> | Promise<Omit<Output, '$metadata'>>;

export const keyDeps = (ctx: KmsContext): KeyDeps => ({ vault: ctx.deps.vault, clock: ctx.clock, random: ctx.random });
