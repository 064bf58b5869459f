/** Who may not ask STS for what, whatever policies say. */
import { isRootArn } from '#auth/principals.ts';
import type { SessionFacts } from '#protocol/service.ts';
import { accessKeys } from '#store/tables/iam.ts';
import type { StsContext } from './context.ts';
import { accessDenied } from './errors.ts';

/** Somebody whom `--auth permissive` let in without a proof: stands for the whole account, not for its root user. */
const isMadeUp = ({ principal, store }: StsContext) =>
  principal.session === undefined && store.get(accessKeys, principal.accessKeyId) === undefined;

export const isRootUser = (ctx: StsContext): boolean => isRootArn(ctx.principal.arn) && !isMadeUp(ctx);

export function refuseRoot(ctx: StsContext): void {
  if (isRootUser(ctx)) throw accessDenied('Roles may not be assumed by root accounts.');
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html */
export function refuseSessions(ctx: StsContext, ...kinds: readonly SessionFacts['kind'][]): void {
  const kind = ctx.principal.session?.kind;
  if (kind && kinds.includes(kind)) throw accessDenied(`Cannot call ${ctx.operation} with session credentials`);
}
