import type { PutAccountSettingCommandInput, PutAccountSettingCommandOutput } from '@aws-sdk/client-ecs';
import { checkPrincipal, checkSetting, putSetting } from '../account-settings.ts';
import type { EcsOperation } from '../context.ts';

/**
 * For one user or role; for the root user it is the account's default.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutAccountSetting.html
 */
export const PutAccountSetting: EcsOperation<PutAccountSettingCommandInput, PutAccountSettingCommandOutput> = (
  ctx,
  input,
) => {
  const name = checkSetting(input.name, input.value);
  const principalArn = checkPrincipal(ctx, input.principalArn ?? ctx.principal.arn);
  return { setting: ctx.store.transact((tx) => putSetting(tx, ctx, principalArn, name, input.value!)) };
};
