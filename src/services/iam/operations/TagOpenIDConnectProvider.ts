import type { TagOpenIDConnectProviderCommandInput, TagOpenIDConnectProviderCommandOutput } from '@aws-sdk/client-iam';
import { openIdConnectProviders } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { findProvider } from '../oidc-providers.ts';
import { mergeTags } from '../tags.ts';

export const TagOpenIDConnectProvider: IamOperation<
  TagOpenIDConnectProviderCommandInput,
  TagOpenIDConnectProviderCommandOutput
> = (ctx, input) => {
  ctx.store.transact((tx) => {
    const row = findProvider(tx, ctx.account, input.OpenIDConnectProviderArn!);
    tx.put(openIdConnectProviders, { ...row, tags: mergeTags(row.tags, input.Tags) });
  });
  return {};
};
