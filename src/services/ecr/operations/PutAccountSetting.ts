import type { PutAccountSettingCommandInput, PutAccountSettingCommandOutput } from '@aws-sdk/client-ecr';
import { checkOneOf } from '#images/api/validate.ts';
import { allowedValues, checkSettingName } from '../account-settings.ts';
import type { EcrOperation } from '../context.ts';
import { updateRegistry } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutAccountSetting.html */
export const PutAccountSetting: EcrOperation<PutAccountSettingCommandInput, PutAccountSettingCommandOutput> = (
  ctx,
  input,
) => {
  const name = checkSettingName(input.name!);
  const value = checkOneOf('value', input.value!, allowedValues[name]);
  ctx.store.transact((tx) =>
    updateRegistry(tx, ctx, (before) => ({ ...before, settings: { ...before.settings, [name]: value } })),
  );
  return { name, value };
};
