import type { GetAccessKeyInfoCommandInput, GetAccessKeyInfoCommandOutput } from '@aws-sdk/client-sts';
import { accountOfAccessKey } from '#lib/ids.ts';
import { Constraints } from '#protocol/constraints.ts';
import { accessKeys } from '#store/tables/iam.ts';
import { refuseSessions } from '../callers.ts';
import type { StsContext } from '../context.ts';
import { validationError } from '../errors.ts';

/**
 * The account of an access key, whatever has become of the key: the id holds it.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html
 */
export function GetAccessKeyInfo(
  ctx: StsContext,
  input: GetAccessKeyInfoCommandInput,
): Omit<GetAccessKeyInfoCommandOutput, '$metadata'> {
  refuseSessions(ctx, 'federated-user', 'session-token');
  const id = input.AccessKeyId!;
  new Constraints().text('accessKeyId', id, { min: 16, max: 128, pattern: '[\\w]*' }).check('ValidationError');
  const account = ctx.store.get(accessKeys, id)?.account ?? accountOfAccessKey(id);
  if (account === undefined) throw validationError(`${id} is not an access key id.`);
  return { Account: account };
}
