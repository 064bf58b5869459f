/** What GetSessionToken and GetFederationToken have in common: sessions that stand on a user, or on the root user. */
import type { SessionFacts } from '#protocol/service.ts';
import { accessKeys } from '#store/tables/iam.ts';
import { isRootUser } from './callers.ts';
import type { StsContext } from './context.ts';
import { wholeSecond } from './role-session.ts';

export const userSessionSeconds = { min: 900, max: 129_600 };
const usualSeconds = 43_200;
const rootSeconds = 3_600;

/** Sessions of the root user last an hour at most, whatever is asked. */
export function userSessionFacts(
  ctx: StsContext,
  kind: Exclude<SessionFacts['kind'], 'assumed-role'>,
  askedSeconds: number | undefined,
): SessionFacts {
  const { principal, store } = ctx;
  const asked = askedSeconds ?? usualSeconds;
  const seconds = isRootUser(ctx) ? Math.min(asked, rootSeconds) : asked;
  const issuedAt = wholeSecond(ctx.clock.now());
  return {
    kind,
    issuedAt,
    expiresAt: issuedAt + seconds * 1000,
    issuerArn: principal.arn,
    issuerId: principal.userId,
    ...(store.get(accessKeys, principal.accessKeyId) && { issuerKeyId: principal.accessKeyId }),
  };
}
