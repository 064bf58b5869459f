/** STS's handlers by operation name. An operation that is not here answers that it is not implemented. */
import type { Handler } from '#protocol/service.ts';
import { AssumeRole } from './operations/AssumeRole.ts';
import { AssumeRoleWithWebIdentity } from './operations/AssumeRoleWithWebIdentity.ts';
import { DecodeAuthorizationMessage } from './operations/DecodeAuthorizationMessage.ts';
import { GetAccessKeyInfo } from './operations/GetAccessKeyInfo.ts';
import { GetCallerIdentity } from './operations/GetCallerIdentity.ts';
import { GetFederationToken } from './operations/GetFederationToken.ts';
import { GetSessionToken } from './operations/GetSessionToken.ts';

export const handlers: Readonly<Record<string, Handler>> = {
  AssumeRole,
  AssumeRoleWithWebIdentity,
  DecodeAuthorizationMessage,
  GetAccessKeyInfo,
  GetCallerIdentity,
  GetFederationToken,
  GetSessionToken,
};
