import type { GetFederationTokenCommandInput, GetFederationTokenCommandOutput } from '@aws-sdk/client-sts';
import { Constraints } from '#protocol/constraints.ts';
import { refuseSessions } from '../callers.ts';
import type { StsContext } from '../context.ts';
import { nameText, viewCredentials } from '../role-session.ts';
import { packedPolicySize, sessionPolicies } from '../session-policies.ts';
import { sessionTags } from '../session-tags.ts';
import { userSessionFacts, userSessionSeconds } from '../user-session.ts';

/**
 * A session for somebody whom the caller knows by another name: what both the caller and the policies passed allow.
 * Without policies only resources that name the session let it in.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
 */
export function GetFederationToken(
  ctx: StsContext,
  input: GetFederationTokenCommandInput,
): Omit<GetFederationTokenCommandOutput, '$metadata'> {
  refuseSessions(ctx, 'assumed-role', 'federated-user', 'session-token');
  new Constraints()
    .text('name', input.Name, { min: 2, max: 32, pattern: nameText })
    .number('durationSeconds', input.DurationSeconds, userSessionSeconds)
    .check('ValidationError');
  const { account } = ctx.principal;
  const name = input.Name!;
  const { tags } = sessionTags(input, undefined);
  const policies = sessionPolicies(ctx.store, account, input);
  const packed = packedPolicySize(policies, { tags, transitiveTagKeys: [] });
  const federated = { account, arn: `arn:aws:sts::${account}:federated-user/${name}`, userId: `${account}:${name}` };
  const made = ctx.deps.sessions.issue({
    ...federated,
    session: {
      ...userSessionFacts(ctx, 'federated-user', input.DurationSeconds),
      name,
      ...policies,
      ...(Object.keys(tags).length > 0 && { tags }),
    },
  });
  return {
    Credentials: viewCredentials(made),
    FederatedUser: { FederatedUserId: federated.userId, Arn: federated.arn },
    ...(packed !== undefined && { PackedPolicySize: packed }),
  };
}
