import type { GetCallerIdentityCommandInput, GetCallerIdentityCommandOutput } from '@aws-sdk/client-sts';
import type { RequestContext } from '#protocol/service.ts';

/** Needs no permission at AWS. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export function GetCallerIdentity(
  { principal }: RequestContext,
  _input: GetCallerIdentityCommandInput,
): Omit<GetCallerIdentityCommandOutput, '$metadata'> {
  return { UserId: principal.userId, Account: principal.account, Arn: principal.arn };
}
