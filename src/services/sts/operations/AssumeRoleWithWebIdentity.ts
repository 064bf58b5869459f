import type {
  AssumeRoleWithWebIdentityCommandInput,
  AssumeRoleWithWebIdentityCommandOutput,
} from '@aws-sdk/client-sts';
import { openIdConnectProviders, roles } from '#store/tables/iam.ts';
import type { StsContext } from '../context.ts';
import { accessDenied, invalidIdentityToken, validationError } from '../errors.ts';
import { rolePermissions } from '../permissions.ts';
import { checkRoleArn, checkRoleRequest, durationOf, issueRoleSession } from '../role-session.ts';
import { packedPolicySize, sessionPolicies } from '../session-policies.ts';
import { sessionTags } from '../session-tags.ts';
import { claimedSourceIdentity, claimedTags, claimKeys } from '../web-identity/claims.ts';
import { mayAsk } from '../web-identity/issuer-keys.ts';
import { readToken, verifyToken } from '../web-identity/token.ts';

const refused = () => accessDenied('Not authorized to perform sts:AssumeRoleWithWebIdentity');

function findProvider(ctx: StsContext, account: string, issuer: string) {
  const url = issuer.replace(/^https?:\/\//, '');
  const provider = ctx.store.get(openIdConnectProviders, `arn:aws:iam::${account}:oidc-provider/${url}`);
  if (!provider || !mayAsk(issuer)) {
    throw invalidIdentityToken(`No OpenIDConnect provider found in your account for ${issuer}`);
  }
  return provider;
}

/** The keys that go with the session's own requests too; lists do not fit there. */
const lasting = (keys: ReturnType<typeof claimKeys>): Record<string, string> =>
  Object.fromEntries(Object.entries(keys).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));

function check(input: AssumeRoleWithWebIdentityCommandInput): string {
  checkRoleRequest(input)
    .text('webIdentityToken', input.WebIdentityToken, { min: 4, max: 20_000, secret: true })
    .text('providerId', input.ProviderId, { min: 4, max: 2_048 })
    .check('ValidationError');
  if (input.ProviderId !== undefined) {
    throw validationError('ProviderId is for OAuth 2.0 access tokens; only OpenID Connect tokens are taken here.');
  }
  return checkRoleArn(input.RoleArn!);
}

/**
 * A session of a role for somebody whom an OpenID Connect provider of the role's account vouches for. Nobody signs it.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export async function AssumeRoleWithWebIdentity(
  ctx: StsContext,
  input: AssumeRoleWithWebIdentityCommandInput,
): Promise<Omit<AssumeRoleWithWebIdentityCommandOutput, '$metadata'>> {
  const account = check(input);
  const token = input.WebIdentityToken!;
  const { issuer } = readToken(token);
  const provider = findProvider(ctx, account, issuer);
  const known = { issuerKeys: ctx.deps.issuerKeys, clock: ctx.clock, logger: ctx.logger };
  const identity = await verifyToken(known, token, issuer, provider);

  const role = ctx.store.get(roles, input.RoleArn!);
  const tags = sessionTags(claimedTags(identity), undefined);
  const sourceIdentity = claimedSourceIdentity(identity);
  const keys = claimKeys(provider.url, identity);
  const { requestId, region, sourceIp, userAgent, secure } = ctx;
  const decision = ctx.deps.authorizeWebIdentity(provider.arn, {
    ...{ requestId, region, sourceIp, userAgent, secure },
    permissions: rolePermissions({
      action: 'sts:AssumeRoleWithWebIdentity',
      roleArn: input.RoleArn!,
      role,
      roleSessionName: input.RoleSessionName,
      ...tags,
      sourceIdentity,
      keys: { ...keys, 'aws:FederatedProvider': provider.arn },
    }),
  });
  if (!decision.allowed || !role) throw refused();

  const policies = sessionPolicies(ctx.store, role.account, input);
  const packed = packedPolicySize(policies, tags);
  return {
    ...issueRoleSession(ctx, {
      role,
      name: input.RoleSessionName!,
      seconds: durationOf(role, input.DurationSeconds, false),
      isChained: false,
      sourceIdentity,
      keys: { ...lasting(keys), 'aws:FederatedProvider': provider.arn },
      ...tags,
      ...policies,
    }),
    SubjectFromWebIdentityToken: identity.subject,
    Audience: identity.audience,
    Provider: provider.arn,
    ...(packed !== undefined && { PackedPolicySize: packed }),
    ...(sourceIdentity !== undefined && { SourceIdentity: sourceIdentity }),
  };
}
