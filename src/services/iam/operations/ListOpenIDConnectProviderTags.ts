import type {
  ListOpenIDConnectProviderTagsCommandInput,
  ListOpenIDConnectProviderTagsCommandOutput,
} from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';
import { findProvider } from '../oidc-providers.ts';
import { listTags } from '../tags.ts';

export const ListOpenIDConnectProviderTags: IamOperation<
  ListOpenIDConnectProviderTagsCommandInput,
  ListOpenIDConnectProviderTagsCommandOutput
> = (ctx, input) => listTags(input, findProvider(ctx.store, ctx.account, input.OpenIDConnectProviderArn!).tags);
