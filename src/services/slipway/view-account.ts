import type { AccountRow } from '#model/iam.ts';

export interface AccountView {
  readonly accountId: string;
  readonly name?: string;
  readonly alias?: string;
  readonly createdAt: Date;
}

export const viewAccount = ({ id, name, alias, createdAt }: AccountRow): AccountView => ({
  accountId: id,
  ...(name !== undefined && { name }),
  ...(alias !== undefined && { alias }),
  createdAt: new Date(createdAt),
});
