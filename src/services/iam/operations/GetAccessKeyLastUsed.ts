import type {
  AccessKeyLastUsed,
  GetAccessKeyLastUsedCommandInput,
  GetAccessKeyLastUsedCommandOutput,
} from '@aws-sdk/client-iam';
import { accessKeys, users } from '#store/tables/iam.ts';
import type { IamOperation } from '../context.ts';
import { accessDenied } from '../errors.ts';

/** Of the account's own keys; a key that is not there and one of another account look the same. */
export const GetAccessKeyLastUsed: IamOperation<GetAccessKeyLastUsedCommandInput, GetAccessKeyLastUsedCommandOutput> = (
  ctx,
  input,
) => {
  const { store, account, principal } = ctx;
  const row = store.get(accessKeys, input.AccessKeyId!);
  if (row?.account !== account) {
    throw accessDenied(
      `User: ${principal.arn} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key ${input.AccessKeyId}`,
    );
  }
  const use = ctx.deps.keyUses.last(row.accessKeyId);
  const user = store.get(users, row.principalArn);
  return {
    ...(user && { UserName: user.name }),
    AccessKeyLastUsed: use
      ? { LastUsedDate: new Date(use.lastUsedAt), ServiceName: use.service, Region: use.region }
      : ({ ServiceName: 'N/A', Region: 'N/A' } as AccessKeyLastUsed),
  };
};
