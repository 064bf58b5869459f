import type {
  UpdateOpenIDConnectProviderThumbprintCommandInput,
  UpdateOpenIDConnectProviderThumbprintCommandOutput,
} from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { checkThumbprints, updateProvider } from '../oidc-providers.ts';

export const UpdateOpenIDConnectProviderThumbprint: IamOperation<
  UpdateOpenIDConnectProviderThumbprintCommandInput,
  UpdateOpenIDConnectProviderThumbprintCommandOutput
> = (ctx, input) => {
  const thumbprints = input.ThumbprintList!;
  checkThumbprints(thumbprints);
  return updateProvider(ctx, input.OpenIDConnectProviderArn, (row) => ({ ...row, thumbprints }));
};
