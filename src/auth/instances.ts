/**
 * Machines and their roles. An instance proves who it is with a key of its own, which permits one thing only: to ask for
 * credentials of the role in its instance profile (`assumed-role/<role>/<instance id>`). All that its agent does, it does
 * with those. They end at once when the instance is removed.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
 */
import type { Vault } from '#keys/vault.ts';
import type { Clock } from '#lib/clock.ts';
import { accessKeyId, hexId, uniqueId } from '#lib/ids.ts';
import type { Random } from '#lib/random.ts';
import { lastSegment, type Scope } from '#model/arn.ts';
import type { InstanceProfileRow, RoleRow } from '#model/iam.ts';
import type { InstanceRow } from '#model/instance.ts';
import type { CredentialSource } from '#protocol/authenticate.ts';
import type { Principal, SessionFacts } from '#protocol/service.ts';
import type { Store, Tx, View } from '#store/store.ts';
import { instanceProfiles, instances, roles } from '#store/tables/iam.ts';
import { secretAccessKey } from './access-key.ts';
import { trustsService } from './service-trust.ts';
import type { Sessions, TemporaryCredentials } from './sessions.ts';

export const instanceService = 'ec2.amazonaws.com';

/** The profile that an instance gets when nobody names one. */
export const defaultInstanceProfile = 'ecsInstanceRole';

/** As on EC2. */
const credentialsMs = 6 * 3_600_000;

/** Of every session that an instance has got; AWS's own key. */
export const sourceInstanceKey = 'ec2:SourceInstanceARN';

/**
 * Whether the caller may speak for the machine with this EC2 id. The session of an instance speaks for that instance only,
 * however many share the role; other callers, and machines without an identity of ours, are not held to it.
 */
export function speaksFor({ session }: Principal, ec2InstanceId: string | undefined): boolean {
  const source = session?.keys?.[sourceInstanceKey];
  return !source || !ec2InstanceId?.startsWith('i-') || lastSegment(source) === ec2InstanceId;
}

const keyPurpose = 'instance key';

const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: instanceService }, Action: 'sts:AssumeRole' }],
});

/** Beyond AWS's policy: the log groups that definitions ask for, where log streams ended, tags for task metadata. */
const agentPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['ecs:ListTagsForResource', 'logs:CreateLogGroup', 'logs:GetLogEvents'],
      Resource: '*',
    },
  ],
});

interface Deps {
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
}

export interface NewInstance extends Scope {
  readonly instanceProfileArn: string;
  readonly availabilityZone?: string | undefined;
  readonly isLocal?: boolean;
}

/** The instance and the secret of its key, in clear for the machine itself. */
export interface JoinedInstance {
  readonly instance: InstanceRow;
  readonly secretAccessKey: string;
}

export interface InstanceRole {
  readonly profile: InstanceProfileRow;
  readonly role: RoleRow;
}

export const instanceProfileArn = (account: string, name: string): string =>
  `arn:aws:iam::${account}:instance-profile/${name}`;

/** The account's default profile and its role, made where they are not there. */
export function ensureDefaultProfile(tx: Tx, { clock, random }: Deps, account: string): InstanceProfileRow {
  const arn = instanceProfileArn(account, defaultInstanceProfile);
  const known = tx.get(instanceProfiles, arn);
  if (known?.roleArn) return known;
  const base = { account, path: '/', name: defaultInstanceProfile, createdAt: clock.now(), tags: {} };
  const roleArn = `arn:aws:iam::${account}:role/${defaultInstanceProfile}`;
  if (!tx.get(roles, roleArn)) {
    tx.insert(roles, {
      ...base,
      arn: roleArn,
      id: uniqueId(random, 'AROA'),
      assumeRolePolicyDocument: trust,
      maxSessionDurationSeconds: 3_600,
      attachedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role'],
      inlinePolicies: [{ name: 'slipway-agent', document: agentPolicy }],
    });
  }
  const profile = known ?? { ...base, arn, id: uniqueId(random, 'AIPA') };
  return tx.put(instanceProfiles, { ...profile, roleArn });
}

export function insertInstance(tx: Tx, { vault, clock, random }: Deps, given: NewInstance): JoinedInstance {
  const { account, region } = given;
  const instanceId = `i-${hexId(random, 9).slice(0, 17)}`;
  const key = accessKeyId(random, 'AKIA', account);
  const secret = secretAccessKey(random);
  const instance = tx.insert(instances, {
    account,
    region,
    arn: `arn:aws:ec2:${region}:${account}:instance/${instanceId}`,
    instanceId,
    availabilityZone: given.availabilityZone ?? `${region}a`,
    instanceProfileArn: given.instanceProfileArn,
    accessKeyId: key,
    sealedSecret: vault.seal(keyPurpose, secret, key),
    createdAt: clock.now(),
    ...(given.isLocal && { isLocal: true }),
  });
  return { instance, secretAccessKey: secret };
}

const secretOf = (vault: Vault, { sealedSecret, accessKeyId: key }: InstanceRow): string =>
  vault.open(keyPurpose, sealedSecret, key).toString();

/** The machine that the control plane runs on, as an instance of this scope. Durable when this resolves. */
export async function ensureLocalInstance(store: Store, deps: Deps, scope: Scope): Promise<JoinedInstance> {
  const joined = store.transact((tx): JoinedInstance => {
    const profile = ensureDefaultProfile(tx, deps, scope.account);
    for (const instance of tx.find(instances, 'local', 'local')) {
      if (instance.account === scope.account && instance.region === scope.region) {
        return { instance, secretAccessKey: secretOf(deps.vault, instance) };
      }
    }
    return insertInstance(tx, deps, { ...scope, instanceProfileArn: profile.arn, isLocal: true });
  });
  await store.durable();
  return joined;
}

/** The role that the instance's profile holds now. */
export function roleOfInstance(view: View, instance: InstanceRow): InstanceRole | undefined {
  const profile = view.get(instanceProfiles, instance.instanceProfileArn);
  const role = profile?.roleArn === undefined ? undefined : view.get(roles, profile.roleArn);
  return profile && role && { profile, role };
}

/** New credentials of the instance's role; undefined when the role does not trust EC2. */
export function assumeInstanceRole(
  deps: { readonly sessions: Sessions; readonly clock: Clock },
  instance: InstanceRow,
  { role }: InstanceRole,
): TemporaryCredentials | undefined {
  const nowMs = deps.clock.now();
  const { account, region, arn, instanceId } = instance;
  const call = { service: instanceService, sourceArn: arn, sourceAccount: account, region, nowMs };
  if (role.account !== account || !trustsService(role, call)) return undefined;
  return deps.sessions.issue({
    account,
    arn: `arn:aws:sts::${account}:assumed-role/${role.name}/${instanceId}`,
    userId: `${role.id}:${instanceId}`,
    session: {
      kind: 'assumed-role',
      issuedAt: nowMs,
      expiresAt: nowMs + credentialsMs,
      issuerArn: role.arn,
      issuerId: role.id,
      name: instanceId,
      service: instanceService,
      keys: { [sourceInstanceKey]: arn, 'ec2:RoleDelivery': '2.0' },
    },
  });
}

/** Whether the session was an instance's that is gone. */
export const hasInstanceGone = (view: View, session: SessionFacts): boolean =>
  session.service === instanceService && !view.get(instances, session.keys?.[sourceInstanceKey] ?? '');

/** The sessions, less those of instances that are gone. */
export function endWithTheirInstance(sessions: Sessions, view: View): Sessions {
  return {
    issue: (principal) => sessions.issue(principal),
    open(id, sessionToken) {
      const credential = sessions.open(id, sessionToken);
      const session = credential?.principal.session;
      return session && hasInstanceGone(view, session) ? undefined : credential;
    },
  };
}

/** The credentials, and those of instances: principals without any policy, who may call what needs no permission. */
export function withInstanceKeys(source: CredentialSource, view: View, vault: Vault): CredentialSource {
  const secrets = new WeakMap<InstanceRow, string>();
  return {
    find(id, sessionToken) {
      const [row] = view.find(instances, 'byAccessKey', id);
      if (!row) return source.find(id, sessionToken);
      const secret = secrets.get(row) ?? secretOf(vault, row);
      secrets.set(row, secret);
      const { account, arn, instanceId } = row;
      return { secretAccessKey: secret, principal: { account, arn, userId: instanceId, accessKeyId: id } };
    },
  };
}
