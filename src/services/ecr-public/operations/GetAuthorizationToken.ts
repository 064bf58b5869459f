import type { GetAuthorizationTokenCommandInput, GetAuthorizationTokenCommandOutput } from '@aws-sdk/client-ecr-public';
import type { PublicOperation } from '../context.ts';
import { registryOf } from '../resolve.ts';

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_GetAuthorizationToken.html */
export const GetAuthorizationToken: PublicOperation<
  GetAuthorizationTokenCommandInput,
  GetAuthorizationTokenCommandOutput
> = (ctx) => {
  const { token, expiresAt } = ctx.deps.issueToken(ctx.principal, registryOf(ctx));
  const authorizationToken = Buffer.from(`AWS:${token}`).toString('base64');
  return { authorizationData: { authorizationToken, expiresAt: new Date(expiresAt) } };
};
