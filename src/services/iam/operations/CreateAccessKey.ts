import type { CreateAccessKeyCommandInput, CreateAccessKeyCommandOutput } from '@aws-sdk/client-iam';
import { insertAccessKey } from '#auth/access-key.ts';
import { accessKeys } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { credentialOwner } from '../current-user.ts';
import { quotaExceeded } from '../errors.ts';

const keyLimit = 2;

/** The only answer that ever holds the secret. */
export const CreateAccessKey: IamOperation<CreateAccessKeyCommandInput, CreateAccessKeyCommandOutput> = (
  ctx,
  input,
) => {
  const key = ctx.store.transact((tx) => {
    const owner = credentialOwner(ctx, tx, input.UserName);
    if (tx.count(accessKeys, 'byPrincipal', owner.arn) >= keyLimit) throw quotaExceeded('AccessKeysPerUser', keyLimit);
    return {
      owner,
      ...insertAccessKey(
        tx,
        { vault: ctx.deps.vault, clock: ctx.clock, random: ctx.random },
        { account: ctx.account, principalArn: owner.arn, principalId: owner.id },
      ),
    };
  });
  const made = {
    UserName: key.owner.user?.name,
    AccessKeyId: key.accessKeyId,
    Status: key.status,
    SecretAccessKey: key.secretAccessKey,
    CreateDate: new Date(key.createdAt),
  };
  return { AccessKey: made };
};
