import type {
  UntagOpenIDConnectProviderCommandInput,
  UntagOpenIDConnectProviderCommandOutput,
} from '@aws-sdk/client-iam';
import { openIdConnectProviders } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { findProvider } from '../oidc-providers.ts';
import { dropTags } from '../tags.ts';

export const UntagOpenIDConnectProvider: IamOperation<
  UntagOpenIDConnectProviderCommandInput,
  UntagOpenIDConnectProviderCommandOutput
> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const row = findProvider(tx, ctx.account, input.OpenIDConnectProviderArn!);
    tx.put(openIdConnectProviders, { ...row, tags: dropTags(row.tags, input.TagKeys) });
  });
  return {};
};
