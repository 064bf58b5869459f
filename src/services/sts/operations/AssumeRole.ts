import type { AssumeRoleCommandInput, AssumeRoleCommandOutput } from '@aws-sdk/client-sts';
import { roles } from '#store/tables/iam.ts';
import { refuseRoot, refuseSessions } from '../callers.ts';
import type { StsContext } from '../context.ts';
import { accessDenied, validationError } from '../errors.ts';
import { checkRoleArn, checkRoleRequest, durationOf, issueRoleSession, nameText } from '../role-session.ts';
import { packedPolicySize, sessionPolicies } from '../session-policies.ts';
import { sessionTags } from '../session-tags.ts';

function check(input: AssumeRoleCommandInput): void {
  checkRoleRequest(input)
    .text('externalId', input.ExternalId, { min: 2, max: 1_224, pattern: '[\\w+=,.@:\\/-]*' })
    .text('sourceIdentity', input.SourceIdentity, { min: 2, max: 64, pattern: nameText })
    .size('transitiveTagKeys', input.TransitiveTagKeys?.length, { max: 50 })
    .text('serialNumber', input.SerialNumber, { min: 9, max: 256, pattern: '[\\w+=/:,.@-]*' })
    .text('tokenCode', input.TokenCode, { min: 6, max: 6, pattern: '[\\d]*' })
    .check('ValidationError');
  checkRoleArn(input.RoleArn!);
  if (input.SourceIdentity?.toLowerCase().startsWith('aws:')) {
    throw validationError('A source identity must not begin with aws:');
  }
  if (input.SerialNumber !== undefined || input.TokenCode !== undefined) {
    throw accessDenied('MultiFactorAuthentication failed with invalid MFA one time pass code. ');
  }
  if (input.ProvidedContexts && input.ProvidedContexts.length > 0) {
    throw validationError('No context provider is known here: ProvidedContexts cannot be used.');
  }
}

/**
 * A session of a role, for those whom the role's trust policy names and who may ask for it; permissions.ts asks all that.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export function AssumeRole(ctx: StsContext, input: AssumeRoleCommandInput): Omit<AssumeRoleCommandOutput, '$metadata'> {
  refuseRoot(ctx);
  refuseSessions(ctx, 'federated-user');
  check(input);
  const { session } = ctx.principal;
  const role = ctx.store.get(roles, input.RoleArn!)!;
  const isChained = session?.kind === 'assumed-role';
  const inherited = isChained ? session : undefined;
  const { SourceIdentity: asked } = input;
  const sourceIdentity = session?.sourceIdentity ?? asked;
  if (asked !== undefined && asked !== sourceIdentity) {
    throw accessDenied(
      `User: ${ctx.principal.arn} is not authorized to perform: sts:SetSourceIdentity on resource: ${role.arn}`,
    );
  }
  const tags = sessionTags(input, inherited);
  const policies = sessionPolicies(ctx.store, role.account, input);
  const packed = packedPolicySize(policies, tags);
  const seconds = durationOf(role, input.DurationSeconds, isChained);
  const name = input.RoleSessionName!;
  return {
    ...issueRoleSession(ctx, { role, name, seconds, isChained, sourceIdentity, ...tags, ...policies }),
    ...(packed !== undefined && { PackedPolicySize: packed }),
    ...(sourceIdentity !== undefined && { SourceIdentity: sourceIdentity }),
  };
}
