/** What every IAM operation is given, and how a handler is typed from the SDK's own command types. */
import type { AccessKeyUses } from '#auth/access-key-use.ts';
import type { RoleUses } from '#auth/role-uses.ts';
import type { Vault } from '#keys/vault.ts';
import type { RequestContext } from '#protocol/service.ts';
import type { Session } from '#store/store.ts';

export interface IamDeps {
  readonly vault: Vault;
  readonly keyUses: AccessKeyUses;
  readonly roleUses: RoleUses;
}

export type IamContext = RequestContext<IamDeps, Session>;

export type IamOperation<Input, Output> = (ctx: IamContext, input: Input) => Omit<Output, '$metadata'>;
