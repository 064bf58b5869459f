import type { GetSessionTokenCommandInput, GetSessionTokenCommandOutput } from '@aws-sdk/client-sts';
import { Constraints } from '#protocol/constraints.ts';
import { refuseSessions } from '../callers.ts';
import type { StsContext } from '../context.ts';
import { accessDenied } from '../errors.ts';
import { viewCredentials } from '../role-session.ts';
import { userSessionFacts, userSessionSeconds } from '../user-session.ts';

/**
 * The caller's own rights, for a time. Needs no permission.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
 */
export function GetSessionToken(
  ctx: StsContext,
  input: GetSessionTokenCommandInput,
): Omit<GetSessionTokenCommandOutput, '$metadata'> {
  refuseSessions(ctx, 'assumed-role', 'federated-user', 'session-token');
  new Constraints()
    .number('durationSeconds', input.DurationSeconds, userSessionSeconds)
    .text('serialNumber', input.SerialNumber, { min: 9, max: 256, pattern: '[\\w+=/:,.@-]*' })
    .text('tokenCode', input.TokenCode, { min: 6, max: 6, pattern: '[\\d]*' })
    .check('ValidationError');
  if (input.SerialNumber !== undefined || input.TokenCode !== undefined) {
    throw accessDenied('MultiFactorAuthentication failed with invalid MFA one time pass code. ');
  }
  const { account, arn, userId } = ctx.principal;
  const session = userSessionFacts(ctx, 'session-token', input.DurationSeconds);
  return { Credentials: viewCredentials(ctx.deps.sessions.issue({ account, arn, userId, session })) };
}
