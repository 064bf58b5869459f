import type { DeleteAccountSettingCommandInput, DeleteAccountSettingCommandOutput } from '@aws-sdk/client-ecs';
import { accountSettings } from '#store/tables/ecs.ts';
import { checkPrincipal, checkSettingName, effectiveSetting, settingKey } from '../account-settings.ts';
import type { EcsOperation } from '../context.ts';

/**
 * Answers the setting with the value that holds from now on.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteAccountSetting.html
 */
export const DeleteAccountSetting: EcsOperation<DeleteAccountSettingCommandInput, DeleteAccountSettingCommandOutput> = (
  ctx,
  input,
) => {
  const name = checkSettingName(input.name);
  const principalArn = checkPrincipal(ctx, input.principalArn ?? ctx.principal.arn);
  const setting = ctx.store.transact((tx) => {
    tx.delete(accountSettings, settingKey(ctx, principalArn, name));
    return effectiveSetting(tx, ctx, principalArn, name);
  });
  return { setting };
};
