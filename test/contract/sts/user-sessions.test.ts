import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ListClustersCommand } from '@aws-sdk/client-ecs';
import {
  AssumeRoleCommand,
  DecodeAuthorizationMessageCommand,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
} from '@aws-sdk/client-sts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import {
  allow,
  deactivate,
  makeRole,
  makeUser,
  policy,
  type TestCredentials,
  type TestIdentity,
  toCredentials,
  trusting,
} from '../../support/identities.ts';

let plane: TestControlPlane;
let ada: TestIdentity;
before(async () => {
  plane = await startTestControlPlane();
  ada = makeUser(plane, 'ada', [allow('*')]);
});
after(() => plane.close());

const sts = (credentials: TestCredentials) => plane.sts({ credentials });
const listClusters = (credentials: TestCredentials) => plane.ecs({ credentials }).send(new ListClustersCommand());

describe('GetSessionToken', () => {
  test('makes credentials that are the caller, for twelve hours', async () => {
    const { Credentials } = await sts(ada.credentials).send(new GetSessionTokenCommand());
    const livesMs = Credentials!.Expiration!.getTime() - Date.now();
    assert.ok(livesMs > 43_190_000 && livesMs <= 43_200_000);
    const credentials = toCredentials(Credentials!);
    const { Arn } = await sts(credentials).send(new GetCallerIdentityCommand());
    assert.equal(Arn, ada.arn);
    await listClusters(credentials);
    const RoleArn = makeRole(plane, 'for-sessions', trusting({ AWS: ada.arn }));
    await sts(credentials).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test' }));
    for (const command of [new GetSessionTokenCommand(), new GetFederationTokenCommand({ Name: 'bob' })]) {
      await assert.rejects(sts(credentials).send(command as GetSessionTokenCommand), {
        name: 'AccessDenied',
        message: /^Cannot call Get\w+ with session credentials$/,
      });
    }
  });

  test('lasts an hour at most for the root user', async () => {
    const command = new GetSessionTokenCommand({ DurationSeconds: 7_200 });
    const { Credentials } = await plane.sts().send(command);
    assert.ok(Credentials!.Expiration!.getTime() - Date.now() <= 3_600_000);
    await listClusters(toCredentials(Credentials!));
  });

  test('dies with the key that made it', async () => {
    const bob = makeUser(plane, 'bob', [allow('*')]);
    const { Credentials } = await sts(bob.credentials).send(new GetSessionTokenCommand());
    await listClusters(toCredentials(Credentials!));
    deactivate(plane, bob);
    await assert.rejects(listClusters(toCredentials(Credentials!)), { name: 'UnrecognizedClientException' });
  });

  test('refuses other times and devices that there are not', async () => {
    await assert.rejects(sts(ada.credentials).send(new GetSessionTokenCommand({ DurationSeconds: 129_601 })), {
      name: 'ValidationError',
    });
    const command = new GetSessionTokenCommand({ SerialNumber: 'GAHT12345678', TokenCode: '123456' });
    await assert.rejects(sts(ada.credentials).send(command), { name: 'AccessDenied' });
  });
});

describe('GetFederationToken', () => {
  test('makes a user of another name, with what both the caller and the policies allow', async () => {
    const command = new GetFederationTokenCommand({ Name: 'bob', Policy: policy(allow('ecs:ListClusters')) });
    const { Credentials, FederatedUser, PackedPolicySize } = await sts(ada.credentials).send(command);
    const arn = `arn:aws:sts::${plane.account}:federated-user/bob`;
    assert.deepEqual(FederatedUser, { Arn: arn, FederatedUserId: `${plane.account}:bob` });
    assert.ok(PackedPolicySize! > 0);
    const credentials = toCredentials(Credentials!);
    const identity = await sts(credentials).send(new GetCallerIdentityCommand());
    assert.deepEqual([identity.Arn, identity.UserId], [arn, `${plane.account}:bob`]);
    await listClusters(credentials);
    const RoleArn = `arn:aws:iam::${plane.account}:role/for-sessions`;
    await assert.rejects(sts(credentials).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test' })), {
      name: 'AccessDenied',
    });
  });

  test('gives nothing without policies', async () => {
    const { Credentials } = await sts(ada.credentials).send(new GetFederationTokenCommand({ Name: 'bob' }));
    await assert.rejects(listClusters(toCredentials(Credentials!)), {
      name: 'AccessDeniedException',
      message: /because no session policy allows/,
    });
  });

  test('needs a permission for the name, and another for tags', async () => {
    const arn = `arn:aws:sts::${plane.account}:federated-user`;
    const carol = makeUser(plane, 'carol', [allow('sts:GetFederationToken', `${arn}/b*`)]);
    await sts(carol.credentials).send(new GetFederationTokenCommand({ Name: 'bob' }));
    await assert.rejects(sts(carol.credentials).send(new GetFederationTokenCommand({ Name: 'eve' })), {
      name: 'AccessDenied',
      message: new RegExp(`perform: sts:GetFederationToken on resource: ${arn}/eve`),
    });
    const Tags = [{ Key: 'team', Value: 'blue' }];
    await assert.rejects(sts(carol.credentials).send(new GetFederationTokenCommand({ Name: 'bob', Tags })), {
      message: /perform: sts:TagSession/,
    });
  });
});

describe('GetAccessKeyInfo', () => {
  test('tells the account of any key', async () => {
    const { Credentials } = await sts(ada.credentials).send(new GetSessionTokenCommand());
    for (const AccessKeyId of [ada.credentials.accessKeyId, Credentials!.AccessKeyId!]) {
      const { Account } = await sts(ada.credentials).send(new GetAccessKeyInfoCommand({ AccessKeyId }));
      assert.equal(Account, plane.account);
    }
    await assert.rejects(sts(ada.credentials).send(new GetAccessKeyInfoCommand({ AccessKeyId: 'NOTAKEYATALL1234' })), {
      name: 'ValidationError',
    });
  });
});

test('DecodeAuthorizationMessage refuses what was not encoded here', async () => {
  const command = new DecodeAuthorizationMessageCommand({ EncodedMessage: 'AAAA' });
  await assert.rejects(sts(ada.credentials).send(command), { name: /^InvalidAuthorizationMessage/ });
});
