import type {
  DeleteOpenIDConnectProviderCommandInput,
  DeleteOpenIDConnectProviderCommandOutput,
} from '@aws-sdk/client-iam';
import { openIdConnectProviders } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';

/** Asking twice is no error. */
export const DeleteOpenIDConnectProvider: IamOperation<
  DeleteOpenIDConnectProviderCommandInput,
  DeleteOpenIDConnectProviderCommandOutput
> = (ctx, input) => {
  const arn = input.OpenIDConnectProviderArn!;
  ctx.store.transact((tx) => {
    if (tx.get(openIdConnectProviders, arn)?.account === ctx.account) tx.delete(openIdConnectProviders, arn);
  });
  return {};
};
