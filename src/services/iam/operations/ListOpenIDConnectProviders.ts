import type {
  ListOpenIDConnectProvidersCommandInput,
  ListOpenIDConnectProvidersCommandOutput,
} from '@aws-sdk/client-iam';
import { openIdConnectProviders } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';

export const ListOpenIDConnectProviders: IamOperation<
  ListOpenIDConnectProvidersCommandInput,
  ListOpenIDConnectProvidersCommandOutput
> = (ctx) => {
  const rows = [...ctx.store.find(openIdConnectProviders, 'byAccount', ctx.account)];
  return { OpenIDConnectProviderList: rows.map((row) => ({ Arn: row.arn })) };
};
