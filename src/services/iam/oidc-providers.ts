import type { OpenIdConnectProviderRow } from '#model/iam.ts';
import type { View } from '#store/store.ts';
import { openIdConnectProviders } from '#store/tables/iam.ts';
import type { IamContext } from './context.ts';
import { invalidInput, noSuchEntity, quotaExceeded } from './errors.ts';

const providerArn = /^arn:aws:iam::\d{12}:oidc-provider\/\S+$/;

export function findProvider(view: View, account: string, arn: string): OpenIdConnectProviderRow {
  if (!providerArn.test(arn)) throw invalidInput(`Invalid ARN: ${arn}`);
  const row = view.get(openIdConnectProviders, arn);
  if (row?.account !== account) throw noSuchEntity(`OpenIDConnect Provider not found for arn ${arn}`);
  return row;
}

export function updateProvider(
  ctx: IamContext,
  arn: string | undefined,
  change: (row: OpenIdConnectProviderRow) => OpenIdConnectProviderRow,
) {
  ctx.store.transact((tx) => tx.put(openIdConnectProviders, change(findProvider(tx, ctx.account, arn!))));
  return {};
}

const thumbprintLimit = 5;
const clientIdLimit = 100;

export function checkThumbprints(thumbprints: readonly string[]): void {
  if (thumbprints.length > thumbprintLimit) throw invalidInput('Thumbprint list must contain fewer than 5 entries.');
}

export function checkClientIds(clientIds: readonly string[]): void {
  if (clientIds.length > clientIdLimit) throw quotaExceeded('ClientIdsPerOpenIdConnectProvider', clientIdLimit);
}
