/** Operations without a user name are about the caller. */

import type { UserRow } from '#model/iam.ts';
import type { View } from '#store/store.ts';
import { users } from '#store/tables/iam.ts';
import type { IamContext } from './context.ts';
import { noSuchEntity, validationError } from './errors.ts';
import { findUser } from './identities.ts';

export type CredentialOwner = {
  /** Absent for the root user. */
  readonly user?: UserRow;
  readonly arn: string;
  readonly id: string;
};

const isRoot = (arn: string) => arn.endsWith(':root');
const isUser = (arn: string) => /^arn:aws:iam::\d{12}:user\//.test(arn);

/** The user that calls; undefined for root. */
export function currentUser(ctx: IamContext, view: View): UserRow | undefined {
  const { arn } = ctx.principal;
  if (isRoot(arn)) return undefined;
  if (!isUser(arn)) throw validationError('Must specify userName when calling with non-User credentials');
  const row = view.get(users, arn);
  if (!row) throw noSuchEntity(`The user with name ${arn.slice(arn.lastIndexOf('/') + 1)} cannot be found.`);
  return row;
}

/** Whose access keys a request is about. A user that has keys and no row (the agent's) owns its keys all the same. */
export function credentialOwner(ctx: IamContext, view: View, name: string | undefined): CredentialOwner {
  const { arn, userId } = ctx.principal;
  if (name !== undefined) {
    const user = findUser(view, ctx.account, name);
    return { user, arn: user.arn, id: user.id };
  }
  if (!isRoot(arn) && !isUser(arn))
    throw validationError('Must specify userName when calling with non-User credentials');
  const user = view.get(users, arn);
  return user ? { user, arn, id: user.id } : { arn, id: userId };
}
