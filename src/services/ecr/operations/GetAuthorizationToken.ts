import type { GetAuthorizationTokenCommandInput, GetAuthorizationTokenCommandOutput } from '@aws-sdk/client-ecr';
import { checkCount } from '#images/api/validate.ts';
import { registryUsageArn } from '#images/usage.ts';
import type { EcrOperation } from '../context.ts';
import { registryOf } from '../resolve.ts';

/**
 * The token is the caller's, whatever registries are named: it opens what the caller may do anywhere, as on AWS. The
 * endpoint is the operator's name for the registry, else the address at which the client reached us.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
 */
export const GetAuthorizationToken: EcrOperation<
  GetAuthorizationTokenCommandInput,
  GetAuthorizationTokenCommandOutput
> = (ctx, input) => {
  const ids = input.registryIds ?? [ctx.account];
  checkCount('registryIds', ids, 1, 10);
  const registries = ids.map((id) => registryOf(ctx, id));
  const { token, expiresAt } = ctx.deps.issueToken(ctx.principal, registryOf(ctx));
  ctx.deps.usage.count(registryUsageArn(ctx), 'AuthenticationCount');
  const authorizationToken = Buffer.from(`AWS:${token}`).toString('base64');
  return {
    authorizationData: registries.map((registry) => {
      const host = ctx.deps.registryHost?.(registry)?.split('/', 1)[0];
      return {
        authorizationToken,
        expiresAt: new Date(expiresAt),
        proxyEndpoint: host === undefined ? ctx.endpoint : `https://${host}`,
      };
    }),
  };
};
