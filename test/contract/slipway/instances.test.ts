/** Machines that join: their keys, the role of their profile, and the end of both. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  CreateClusterCommand,
  ListClustersCommand,
  RegisterContainerInstanceCommand,
  SubmitTaskStateChangeCommand,
} from '@aws-sdk/client-ecs';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { callSlipway as call } from '#agent/instance/slipway-call.ts';
import type { AgentCredentials } from '#agent/link/signing.ts';
import { tasks } from '#store/tables/ecs.ts';
import { instanceProfiles, instances, roles } from '#store/tables/iam.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { allow, makeUser } from '../../support/identities.ts';
import { openRawAgent } from '../../support/raw-agent.ts';
import { putTask } from '../../support/task-rows.ts';

let plane: TestControlPlane;
before(async () => {
  plane = await startTestControlPlane();
  await plane.ecs().send(new CreateClusterCommand({}));
});
after(() => plane.close());

interface Joined extends AgentCredentials {
  readonly instanceId: string;
  readonly instanceArn: string;
}
interface Given extends AgentCredentials {
  readonly roleName: string;
  readonly expiresAt: number;
}

const target = () => ({ endpoint: plane.endpoint, region: 'us-east-1' });
const administrator = (): AgentCredentials => plane.clientConfig().credentials;
const join = (by = administrator(), input: object = {}) => call<Joined>(target(), by, 'JoinInstance', input);
const credentialsOf = (by: AgentCredentials) => call<Given>(target(), by, 'GetInstanceCredentials', {});
const profile = () => `arn:aws:iam::${plane.account}:instance-profile/ecsInstanceRole`;
const role = () => `arn:aws:iam::${plane.account}:role/ecsInstanceRole`;

describe('a machine that joins', () => {
  test('gets an id, a key, and by it the credentials of its role', async () => {
    const joined = await join();
    assert.match(joined.instanceId, /^i-[0-9a-f]{17}$/);
    assert.equal(plane.store.get(instanceProfiles, profile())?.roleArn, role());
    assert.deepEqual(plane.store.get(roles, role())?.attachedPolicyArns, [
      'arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role',
    ]);
    const given = await credentialsOf(joined);
    assert.equal(given.roleName, 'ecsInstanceRole');
    assert.ok(given.expiresAt * 1000 > Date.now() + 5 * 3_600_000);
    const { Arn } = await plane.sts({ credentials: given }).send(new GetCallerIdentityCommand({}));
    assert.equal(Arn, `arn:aws:sts::${plane.account}:assumed-role/ecsInstanceRole/${joined.instanceId}`);
    await assert.rejects(plane.ecs({ credentials: given }).send(new ListClustersCommand({})), {
      name: 'AccessDeniedException',
    });
    const row = plane.store.get(instances, joined.instanceArn)!;
    assert.equal(JSON.stringify(row).includes(joined.secretAccessKey), false);
  });

  test('can do nothing with its key but that, and nobody else can do that', async () => {
    const joined = await join();
    await assert.rejects(plane.ecs({ credentials: joined }).send(new ListClustersCommand({})), {
      name: 'AccessDeniedException',
    });
    await assert.rejects(join(joined), { name: 'AccessDeniedException' });
    await assert.rejects(credentialsOf(administrator()), { name: 'InvalidParameterException' });
    await assert.rejects(credentialsOf(await credentialsOf(joined)), { name: 'InvalidParameterException' });
    await assert.rejects(credentialsOf({ ...joined, secretAccessKey: 'wrong' }), { name: /Signature/ });
  });

  test('registers as itself only', async () => {
    const [one, other] = [await join(), await join()];
    const ecs = plane.ecs({ credentials: await credentialsOf(one) });
    const register = (instanceId: string | undefined) =>
      ecs.send(
        new RegisterContainerInstanceCommand({
          cluster: 'default',
          totalResources: [
            { name: 'CPU', type: 'INTEGER', integerValue: 1024 },
            { name: 'MEMORY', type: 'INTEGER', integerValue: 1024 },
          ],
          ...(instanceId && { instanceIdentityDocument: JSON.stringify({ instanceId }) }),
        }),
      );
    for (const id of [one.instanceId, undefined]) {
      assert.equal((await register(id)).containerInstance?.ec2InstanceId, one.instanceId);
    }
    await assert.rejects(register(other.instanceId), { name: 'ClientException' });
    const stranger = plane.ecs({ credentials: await credentialsOf(other) });
    const again = {
      cluster: 'default',
      containerInstanceArn: (await register(undefined)).containerInstance!.containerInstanceArn,
    };
    await assert.rejects(stranger.send(new RegisterContainerInstanceCommand(again)), { name: 'ClientException' });

    const { containerInstanceArn } = (await register(undefined)).containerInstance!;
    const task = putTask(plane.store, { containerInstanceArn: containerInstanceArn! });
    const report = async (by: Joined) => {
      const ecs = plane.ecs({ credentials: await credentialsOf(by) });
      await ecs.send(new SubmitTaskStateChangeCommand({ cluster: 'default', task: task.arn, status: 'STOPPED' }));
      return plane.store.get(tasks, task.arn)?.lastStatus;
    };
    assert.equal(await report(other), 'PENDING', 'acknowledged and not believed');
    assert.equal(await report(one), 'STOPPED');

    const open = async (joined: Joined, kind: 'acs' | 'tcs') =>
      openRawAgent({
        endpoint: plane.endpoint,
        kind,
        containerInstanceArn: containerInstanceArn!,
        credentials: await credentialsOf(joined),
      });
    for (const kind of ['acs', 'tcs'] as const) {
      await assert.rejects(open(other, kind), /HTTP 403: .*AccessDeniedException.*those of another instance/);
      (await open(one, kind)).terminate();
    }
  });

  test('is let in by who may join and pass the role', async () => {
    const count = () => [...plane.store.all(instances)].length;
    const before = count();
    for (const statements of [[], [allow('slipway:JoinInstance')], [allow('iam:PassRole')]]) {
      const { credentials } = makeUser(plane, `user-${statements.length}-${Math.random()}`.slice(0, 20), statements);
      await assert.rejects(join(credentials), { name: 'AccessDeniedException' });
    }
    assert.equal(count(), before, 'nothing was made');
    const passes = { Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } } };
    const { credentials } = makeUser(plane, 'operator', [
      allow('slipway:JoinInstance'),
      allow('iam:PassRole', role(), passes),
    ]);
    await join(credentials);
  });

  test('names a profile that is there and has a role', async () => {
    await assert.rejects(join(administrator(), { instanceProfile: 'nobody' }), { name: 'InvalidParameterException' });
    await join(administrator(), { instanceProfile: 'ecsInstanceRole' });
    await join(administrator(), { instanceProfile: profile() });
    await assert.rejects(join(administrator(), { availabilityZone: 'not a zone!' }), {
      name: 'InvalidParameterException',
    });
  });

  test('is nobody any more when it is removed', async () => {
    const joined = await join();
    const given = await credentialsOf(joined);
    await call(target(), administrator(), 'RemoveInstance', { instanceId: joined.instanceId });
    await assert.rejects(credentialsOf(joined), { name: 'UnrecognizedClientException' });
    await assert.rejects(plane.sts({ credentials: given }).send(new GetCallerIdentityCommand({})), {
      name: 'InvalidClientTokenId',
    });
    await assert.rejects(call(target(), administrator(), 'RemoveInstance', { instanceId: joined.instanceId }), {
      name: 'InstanceNotFoundException',
    });
  });
});
