/** What every operation of Parameter Store is given, and how a handler is typed from the SDK's own command types. */
import type { KeyDeps } from '#keys/kms-key.ts';
import type { Vault } from '#keys/vault.ts';
import type { RequestContext } from '#protocol/service.ts';
import type { Session } from '#store/store.ts';

export interface SsmDeps {
  readonly vault: Vault;
}

export type SsmContext = RequestContext<SsmDeps, Session>;

export type SsmOperation<Input, Output> = (
  ctx: SsmContext,
  input: Input,
) => Omit<Output, '$metadata'> | Promise<Omit<Output, '$metadata'>>;

export const keyDeps = (ctx: SsmContext): KeyDeps => ({ vault: ctx.deps.vault, clock: ctx.clock, random: ctx.random });
