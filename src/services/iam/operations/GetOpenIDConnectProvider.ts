import type { GetOpenIDConnectProviderCommandInput, GetOpenIDConnectProviderCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { findProvider } from '../oidc-providers.ts';
import { tagList } from '../tags.ts';

export const GetOpenIDConnectProvider: IamOperation<
  GetOpenIDConnectProviderCommandInput,
  GetOpenIDConnectProviderCommandOutput
> = (ctx, input) => {
  const row = findProvider(ctx.store, ctx.account, input.OpenIDConnectProviderArn!);
  return {
    Url: row.url,
    ClientIDList: [...row.clientIds],
    ThumbprintList: [...row.thumbprints],
    CreateDate: new Date(row.createdAt),
    Tags: tagList(row.tags),
  };
};
