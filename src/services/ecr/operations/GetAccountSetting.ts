import type { GetAccountSettingCommandInput, GetAccountSettingCommandOutput } from '@aws-sdk/client-ecr';
import { checkSettingName, defaultValues } from '../account-settings.ts';
import type { EcrOperation } from '../context.ts';
import { findRegistry } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAccountSetting.html */
export const GetAccountSetting: EcrOperation<GetAccountSettingCommandInput, GetAccountSettingCommandOutput> = (
  ctx,
  input,
) => {
  const name = checkSettingName(input.name!);
  return { name, value: findRegistry(ctx.store, ctx).settings?.[name] ?? defaultValues[name] };
};
