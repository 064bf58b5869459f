import type { PutAccountSettingDefaultCommandInput, PutAccountSettingDefaultCommandOutput } from '@aws-sdk/client-ecs';
import { checkSetting, putSetting, rootArn } from '../account-settings.ts';
import type { EcsOperation } from '../context.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutAccountSettingDefault.html */
export const PutAccountSettingDefault: EcsOperation<
  PutAccountSettingDefaultCommandInput,
  PutAccountSettingDefaultCommandOutput
> = (ctx, input) => {
  const name = checkSetting(input.name, input.value);
  return { setting: ctx.store.transact((tx) => putSetting(tx, ctx, rootArn(ctx), name, input.value!)) };
};
