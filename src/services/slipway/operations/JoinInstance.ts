import { ensureDefaultProfile, insertInstance, instanceProfileArn, roleOfInstance } from '#auth/instances.ts';
import { instanceProfiles } from '#store/tables/iam.ts';
import type { SlipwayContext, SlipwayOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';

export interface JoinInstanceInput {
  /** Name or ARN; default: ecsInstanceRole, which is made when it is not there. */
  readonly instanceProfile?: string;
  readonly availabilityZone?: string;
}

export interface JoinInstanceOutput {
  readonly instanceId: string;
  readonly instanceArn: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The profile that a request means, by its ARN. */
export const profileArn = (ctx: SlipwayContext, given: string): string =>
  given.startsWith('arn:') ? given : instanceProfileArn(ctx.account, given);

/**
 * Makes the caller's machine an instance of the account: an id, an instance profile, and a key that lets it ask for the
 * credentials of the profile's role. The secret is answered this once. Whoever calls needs `slipway:JoinInstance` and
 * `iam:PassRole` on the role.
 */
export const JoinInstance: SlipwayOperation<JoinInstanceInput, JoinInstanceOutput> = (ctx, input) => {
  const { vault } = ctx.deps;
  const { account, region, clock, random } = ctx;
  const zone = input.availabilityZone;
  if (zone !== undefined && !/^[a-z0-9-]{1,64}$/.test(zone))
    throw invalidParameter(`Invalid availability zone: ${zone}`);
  const deps = { vault, clock, random };
  const made = ctx.store.transact((tx) => {
    const profile = input.instanceProfile
      ? tx.get(instanceProfiles, profileArn(ctx, input.instanceProfile))
      : ensureDefaultProfile(tx, deps, account);
    if (profile?.account !== account) {
      throw invalidParameter(`There is no instance profile ${input.instanceProfile}.`);
    }
    const joined = insertInstance(tx, deps, {
      account,
      region,
      instanceProfileArn: profile.arn,
      availabilityZone: zone,
    });
    const held = roleOfInstance(tx, joined.instance);
    if (!held) throw invalidParameter(`Instance profile ${profile.name} has no role.`);
    ctx.require({
      action: 'iam:PassRole',
      resource: held.role.arn,
      resourceTags: held.role.tags,
      keys: { 'iam:PassedToService': 'ec2.amazonaws.com' },
    });
    return joined;
  });
  const { instance, secretAccessKey } = made;
  return {
    instanceId: instance.instanceId,
    instanceArn: instance.arn,
    accessKeyId: instance.accessKeyId,
    secretAccessKey,
  };
};
