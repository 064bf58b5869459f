import type { CreateInstanceProfileCommandInput, CreateInstanceProfileCommandOutput } from '@aws-sdk/client-iam';
import { uniqueId } from '#lib/ids.ts';
import { instanceProfiles } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { entityAlreadyExists } from '../errors.ts';
import { findByName } from '../find-by-name.ts';
import { iamArn } from '../iam-arn.ts';
import { checkQuota } from '../quotas.ts';
import { readTags } from '../tags.ts';
import { instanceProfileView } from '../views/identities.ts';

export const CreateInstanceProfile: IamOperation<
  CreateInstanceProfileCommandInput,
  CreateInstanceProfileCommandOutput
> = (ctx, input) => {
  const { account, clock, random } = ctx;
  const name = input.InstanceProfileName!;
  const path = input.Path ?? '/';
  const row = ctx.store.transact((tx) => {
    if (findByName(tx, instanceProfiles, account, name))
      throw entityAlreadyExists(`Instance Profile ${name} already exists.`);
    checkQuota(tx, account, 'InstanceProfilesPerAccount');
    return tx.insert(instanceProfiles, {
      arn: iamArn(account, 'instance-profile', path, name),
      account,
      path,
      name,
      id: uniqueId(random, 'AIPA'),
      createdAt: clock.now(),
      tags: readTags(input.Tags),
    });
  });
  return { InstanceProfile: instanceProfileView(ctx.store, row, 'created') };
};
