import type {
  AddClientIDToOpenIDConnectProviderCommandInput,
  AddClientIDToOpenIDConnectProviderCommandOutput,
} from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { checkClientIds, updateProvider } from '../oidc-providers.ts';

export const AddClientIDToOpenIDConnectProvider: IamOperation<
  AddClientIDToOpenIDConnectProviderCommandInput,
  AddClientIDToOpenIDConnectProviderCommandOutput
> = (ctx, input) =>
  updateProvider(ctx, input.OpenIDConnectProviderArn, (row) => {
    const clientIds = [...new Set([...row.clientIds, input.ClientID!])];
    checkClientIds(clientIds);
    return { ...row, clientIds };
  });
