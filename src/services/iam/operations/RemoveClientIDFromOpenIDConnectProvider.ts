import type {
  RemoveClientIDFromOpenIDConnectProviderCommandInput,
  RemoveClientIDFromOpenIDConnectProviderCommandOutput,
} from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { updateProvider } from '../oidc-providers.ts';

/** A client id that is not there is no error. */
export const RemoveClientIDFromOpenIDConnectProvider: IamOperation<
  RemoveClientIDFromOpenIDConnectProviderCommandInput,
  RemoveClientIDFromOpenIDConnectProviderCommandOutput
> = (ctx, input) =>
  updateProvider(ctx, input.OpenIDConnectProviderArn, (row) => ({
    ...row,
    clientIds: row.clientIds.filter((one) => one !== input.ClientID),
  }));
