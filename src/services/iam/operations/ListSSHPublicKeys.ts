import type { ListSSHPublicKeysCommandInput, ListSSHPublicKeysCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { findUser } from '../identities.ts';

/** There are none here: none can be made. Clients ask before they delete a user. */
export const ListSSHPublicKeys: IamOperation<ListSSHPublicKeysCommandInput, ListSSHPublicKeysCommandOutput> = (
  ctx,
  input,
) => {
  if (input.UserName !== undefined) findUser(ctx.store, ctx.account, input.UserName);
  return { SSHPublicKeys: [], IsTruncated: false };
};
