import { assumeInstanceRole, roleOfInstance } from '#auth/instances.ts';
import { instances } from '#store/tables/iam.ts';
import type { SlipwayOperation } from '../context.ts';
import { invalidParameter, notAnInstance } from '../errors.ts';

export interface GetInstanceCredentialsOutput {
  readonly instanceId: string;
  readonly account: string;
  readonly region: string;
  readonly availabilityZone: string;
  readonly launchedAt: Date;
  readonly instanceProfileArn: string;
  readonly instanceProfileId: string;
  readonly roleName: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/**
 * What an instance's metadata service hands out: who it is, and new credentials of its role. Called with the instance's
 * own key; nobody needs a permission for it, and nobody else gets an answer.
 */
export const GetInstanceCredentials: SlipwayOperation<object, GetInstanceCredentialsOutput> = (ctx) => {
  const instance = ctx.store.get(instances, ctx.principal.arn);
  if (instance?.accessKeyId !== ctx.principal.accessKeyId) throw notAnInstance();
  const held = roleOfInstance(ctx.store, instance);
  if (!held) throw invalidParameter(`Instance profile ${instance.instanceProfileArn} has no role.`);
  const made = assumeInstanceRole({ sessions: ctx.deps.sessions, clock: ctx.clock }, instance, held);
  if (!made) throw invalidParameter(`EC2 cannot assume the role ${held.role.arn}. Please verify its trust policy.`);
  return {
    instanceId: instance.instanceId,
    account: instance.account,
    region: instance.region,
    availabilityZone: instance.availabilityZone,
    launchedAt: new Date(instance.createdAt),
    instanceProfileArn: held.profile.arn,
    instanceProfileId: held.profile.id,
    roleName: held.role.name,
    accessKeyId: made.accessKeyId,
    secretAccessKey: made.secretAccessKey,
    sessionToken: made.sessionToken,
    issuedAt: new Date(ctx.clock.now()),
    expiresAt: new Date(made.expiresAt),
  };
};
