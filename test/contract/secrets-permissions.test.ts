/** Every operation that acts on a resource asks for it, with an action that AWS has; and what other accounts may do. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CreateKeyCommand, DescribeKeyCommand, DisableKeyCommand } from '@aws-sdk/client-kms';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutResourcePolicyCommand,
} from '@aws-sdk/client-secrets-manager';
import {
  GetParameterCommand,
  PutParameterCommand,
  PutResourcePolicyCommand as ShareCommand,
} from '@aws-sdk/client-ssm';
import { insertAccessKey } from '#auth/access-key.ts';
import { systemClock } from '#lib/clock.ts';
import { systemRandom } from '#lib/random.ts';
import { kms } from '#policy/actions/kms.ts';
import { secretsmanager } from '#policy/actions/secretsmanager.ts';
import { ssm } from '#policy/actions/ssm.ts';
import { handlers as kmsHandlers } from '#services/kms/handlers.ts';
import { permissions as kmsPermissions } from '#services/kms/permissions.ts';
import { handlers as secretsHandlers } from '#services/secretsmanager/handlers.ts';
import { permissions as secretsPermissions } from '#services/secretsmanager/permissions.ts';
import { handlers as ssmHandlers } from '#services/ssm/handlers.ts';
import { permissions as ssmPermissions } from '#services/ssm/permissions.ts';
import { accounts } from '#store/tables/iam.ts';
import { type ClientOptions, startTestControlPlane, type TestControlPlane } from '../support/control-plane.ts';

describe('operations on a resource ask for it', () => {
  for (const [table, handlers, permissions] of [
    [kms, kmsHandlers, kmsPermissions],
    [ssm, ssmHandlers, ssmPermissions],
    [secretsmanager, secretsHandlers, secretsPermissions],
  ] as const) {
    test(table.prefix, () => {
      const silent = Object.keys(handlers).filter(
        (name) => table.actions[name]?.on !== undefined && !Object.hasOwn(permissions, name),
      );
      assert.deepEqual(silent, []);
      assert.deepEqual(
        Object.keys(permissions).filter((name) => !Object.hasOwn(handlers, name)),
        [],
      );
    });
  }
});

describe('another account', () => {
  const otherAccount = '111122223333';
  const other = `arn:aws:iam::${otherAccount}:root`;
  const denied = { name: 'AccessDeniedException' };
  let controlPlane: TestControlPlane;
  let credentials: NonNullable<ClientOptions['credentials']>;

  before(async () => {
    controlPlane = await startTestControlPlane();
    const { store, vault } = controlPlane;
    credentials = store.transact((tx) => {
      tx.insert(accounts, { id: otherAccount, createdAt: systemClock.now() });
      const owner = { account: otherAccount, principalArn: other, principalId: otherAccount };
      return insertAccessKey(tx, { vault, clock: systemClock, random: systemRandom }, owner);
    });
  });
  after(() => controlPlane.close());

  const policy = (...statements: readonly object[]) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: statements.map((one) => ({ Effect: 'Allow', Resource: '*', ...one })),
    });
  const sharedKey = async () => {
    const own = { Principal: { AWS: `arn:aws:iam::${controlPlane.account}:root` }, Action: 'kms:*' };
    const theirs = { Principal: { AWS: other }, Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:DisableKey'] };
    const { KeyMetadata } = await controlPlane.kms().send(new CreateKeyCommand({ Policy: policy(own, theirs) }));
    return KeyMetadata!.Arn!;
  };

  test('reads a secret that is shared with it, with its key, by whole ARN', async () => {
    const KmsKeyId = await sharedKey();
    const { ARN } = await controlPlane
      .secretsManager()
      .send(new CreateSecretCommand({ Name: 'shared', SecretString: 'hush', KmsKeyId }));
    const client = controlPlane.secretsManager({ credentials });
    await assert.rejects(client.send(new GetSecretValueCommand({ SecretId: ARN })), denied);
    const ResourcePolicy = policy({ Principal: { AWS: other }, Action: 'secretsmanager:GetSecretValue' });
    await controlPlane.secretsManager().send(new PutResourcePolicyCommand({ SecretId: 'shared', ResourcePolicy }));
    assert.equal((await client.send(new GetSecretValueCommand({ SecretId: ARN }))).SecretString, 'hush');
    await assert.rejects(client.send(new DescribeSecretCommand({ SecretId: ARN })), denied);
    await assert.rejects(client.send(new GetSecretValueCommand({ SecretId: 'shared' })), {
      name: 'ResourceNotFoundException',
    });
  });

  test('cannot read one under the AWS managed key, which is for its own account', async () => {
    const admin = controlPlane.secretsManager();
    const { ARN } = await admin.send(new CreateSecretCommand({ Name: 'kept', SecretString: 'hush' }));
    const ResourcePolicy = policy({ Principal: { AWS: other }, Action: 'secretsmanager:GetSecretValue' });
    await admin.send(new PutResourcePolicyCommand({ SecretId: 'kept', ResourcePolicy }));
    const read = new GetSecretValueCommand({ SecretId: ARN });
    await assert.rejects(controlPlane.secretsManager({ credentials }).send(read), denied);
  });

  test('reads a parameter that is shared with it', async () => {
    const input = { Name: '/shared/one', Value: 'x', Type: 'String', Tier: 'Advanced' } as const;
    await controlPlane.ssm().send(new PutParameterCommand(input));
    const ResourceArn = `arn:aws:ssm:us-east-1:${controlPlane.account}:parameter/shared/one`;
    const read = new GetParameterCommand({ Name: ResourceArn });
    await assert.rejects(controlPlane.ssm({ credentials }).send(read), denied);
    const Policy = policy({ Principal: { AWS: other }, Action: 'ssm:GetParameter', Resource: ResourceArn });
    await controlPlane.ssm().send(new ShareCommand({ ResourceArn, Policy }));
    const { Parameter } = await controlPlane.ssm({ credentials }).send(read);
    assert.deepEqual([Parameter?.Value, Parameter?.ARN], ['x', ResourceArn]);
  });

  test('uses a key that trusts it, and does not change it', async () => {
    const KeyId = await sharedKey();
    const client = controlPlane.kms({ credentials });
    assert.equal((await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.Arn, KeyId);
    await assert.rejects(client.send(new DisableKeyCommand({ KeyId })), denied);
  });
});
