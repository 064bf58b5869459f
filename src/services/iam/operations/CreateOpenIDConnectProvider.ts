import type {
  CreateOpenIDConnectProviderCommandInput,
  CreateOpenIDConnectProviderCommandOutput,
} from '@aws-sdk/client-iam';
import { openIdConnectProviders } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { entityAlreadyExists, validationError } from '../errors.ts';
import { checkClientIds, checkThumbprints } from '../oidc-providers.ts';
import { checkQuota } from '../quotas.ts';
import { readTags, tagList } from '../tags.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html */
export const CreateOpenIDConnectProvider: IamOperation<
  CreateOpenIDConnectProviderCommandInput,
  CreateOpenIDConnectProviderCommandOutput
> = (ctx, input) => {
  const { account, clock } = ctx;
  const url = input.Url!;
  if (!/^https:\/\/[^\s/?#@:]+(\/[^\s?#]*)?$/.test(url)) throw validationError('Invalid Open ID Connect Provider URL');
  const bare = url.slice('https://'.length).replace(/\/$/, '');
  const arn = `arn:aws:iam::${account}:oidc-provider/${bare}`;
  const clientIds = [...new Set(input.ClientIDList ?? [])];
  const thumbprints = input.ThumbprintList ?? [];
  checkThumbprints(thumbprints);
  checkClientIds(clientIds);
  const row = ctx.store.transact((tx) => {
    if (tx.get(openIdConnectProviders, arn)) throw entityAlreadyExists(`Provider with url ${url} already exists.`);
    checkQuota(tx, account, 'OpenIdConnectProvidersPerAccount');
    return tx.insert(openIdConnectProviders, {
      arn,
      account,
      url: bare,
      clientIds,
      thumbprints,
      createdAt: clock.now(),
      tags: readTags(input.Tags),
    });
  });
  const tags = tagList(row.tags);
  return { OpenIDConnectProviderArn: arn, ...(tags.length > 0 && { Tags: tags }) };
};
