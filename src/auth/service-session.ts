/**
 * A role as a service of ours uses it for an account: a principal for decisions and for tokens, made on the spot. Nothing
 * is kept and nothing leaves the house.
 */
import type { RoleRow } from '#model/iam.ts';
import type { Principal } from '#protocol/service.ts';

export function serviceSession(
  role: RoleRow,
  session: { readonly service: string; readonly name: string; readonly nowMs: number; readonly lifetimeMs: number },
): Principal {
  const { service, name, nowMs, lifetimeMs } = session;
  return {
    account: role.account,
    arn: `arn:aws:sts::${role.account}:assumed-role/${role.name}/${name}`,
    userId: `${role.id}:${name}`,
    accessKeyId: '',
    session: {
      kind: 'assumed-role',
      issuedAt: nowMs,
      expiresAt: nowMs + lifetimeMs,
      issuerArn: role.arn,
      issuerId: role.id,
      name,
      service,
    },
  };
}
