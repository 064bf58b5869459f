import type { ListAccountSettingsCommandInput, ListAccountSettingsCommandOutput } from '@aws-sdk/client-ecs';
import { checkPrincipal, checkSettingName, effectiveSetting, ownSetting, settingNames } from '../account-settings.ts';
import type { EcsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { paginate } from '../pagination.ts';

/** AWS answers at most 10 settings a page. */
const maxPerPage = 10;

/**
 * Settings that a principal (by default the caller) has of its own, or with effectiveSettings the values that hold.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListAccountSettings.html
 */
export const ListAccountSettings: EcsOperation<ListAccountSettingsCommandInput, ListAccountSettingsCommandOutput> = (
  ctx,
  input,
) => {
  if (input.value !== undefined && input.name === undefined) {
    throw invalidParameter('The name of the setting must be specified when a value is.');
  }
  const names = input.name === undefined ? settingNames : [checkSettingName(input.name)];
  const principalArn = checkPrincipal(ctx, input.principalArn ?? ctx.principal.arn);
  const settings = names.flatMap((name) => {
    const find = input.effectiveSettings ? effectiveSetting : ownSetting;
    return find(ctx.store, ctx, principalArn, name) ?? [];
  });
  const page = paginate({
    request: input,
    walk: (after) => settings.filter((setting) => after === undefined || setting.name! > after),
    key: (setting) => setting.name!,
    keep: (setting) => input.value === undefined || setting.value === input.value,
    toItem: (setting) => setting,
    max: maxPerPage,
  });
  return { settings: page.items, ...(page.nextToken && { nextToken: page.nextToken }) };
};
