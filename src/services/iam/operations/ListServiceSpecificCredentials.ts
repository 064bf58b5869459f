import type {
  ListServiceSpecificCredentialsCommandInput,
  ListServiceSpecificCredentialsCommandOutput,
} from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { findUser } from '../identities.ts';

/** There are none here: none can be made. Clients ask before they delete a user. */
export const ListServiceSpecificCredentials: IamOperation<
  ListServiceSpecificCredentialsCommandInput,
  ListServiceSpecificCredentialsCommandOutput
> = (ctx, input) => {
  if (input.UserName !== undefined) findUser(ctx.store, ctx.account, input.UserName);
  return { ServiceSpecificCredentials: [] };
};
