/** Who may use a key: its policy, IAM policies, grants, and other services on behalf of their callers. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CreateAccessKeyCommand, CreateUserCommand, type IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  type KMSClient,
  ListGrantsCommand,
  ListRetirableGrantsCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms';
import { CreateSecretCommand, GetSecretValueCommand, PutResourcePolicyCommand } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { startTestControlPlane, type TestControlPlane, testAccount } from '../../support/control-plane.ts';

let controlPlane: TestControlPlane;
let admin: KMSClient;
let iam: IAMClient;
let nextUser = 1;

before(async () => {
  controlPlane = await startTestControlPlane();
  admin = controlPlane.kms();
  iam = controlPlane.iam();
});
after(() => controlPlane.close());

/** A user who may do these actions on everything, as far as his own policy is concerned. */
async function user(...actions: string[]) {
  const UserName = `user-${nextUser++}`;
  const { User } = await iam.send(new CreateUserCommand({ UserName }));
  if (actions.length > 0) {
    const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] };
    const PolicyDocument = JSON.stringify(document);
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'own', PolicyDocument }));
  }
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  const credentials = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  return {
    arn: User!.Arn!,
    kms: controlPlane.kms({ credentials }),
    ssm: controlPlane.ssm({ credentials }),
    secrets: controlPlane.secretsManager({ credentials }),
  };
}

const makeKey = async (Policy?: string) => (await admin.send(new CreateKeyCommand({ Policy }))).KeyMetadata!.Arn!;
const encrypt = (kms: KMSClient, KeyId: string, EncryptionContext?: Record<string, string>) =>
  kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x'), EncryptionContext }));
const denied = { name: 'AccessDeniedException' };

describe('a key policy', () => {
  test('that trusts the account leaves it to IAM', async () => {
    const key = await makeKey();
    const [allowed, other] = [await user('kms:Encrypt'), await user('kms:DescribeKey')];
    await encrypt(allowed.kms, key);
    await assert.rejects(encrypt(other.kms, key), denied);
    await other.kms.send(new DescribeKeyCommand({ KeyId: key }));
  });

  test('that names its users needs no IAM, and IAM alone is not enough', async () => {
    const [named, stranger] = [await user(), await user('kms:*')];
    const statement = (principal: string, action: string) => ({
      Effect: 'Allow',
      Principal: { AWS: principal },
      Action: action,
      Resource: '*',
    });
    const root = `arn:aws:iam::${testAccount}:root`;
    const Statement = [statement(named.arn, 'kms:Encrypt'), statement(root, 'kms:PutKeyPolicy')];
    const key = await makeKey(JSON.stringify({ Version: '2012-10-17', Statement }));
    await encrypt(named.kms, key);
    await assert.rejects(encrypt(stranger.kms, key), denied);
  });

  test('is asked with the encryption context and the alias', async () => {
    const reader = await user();
    const Statement = [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${testAccount}:root` }, Action: 'kms:*', Resource: '*' },
      {
        Effect: 'Allow',
        Principal: { AWS: reader.arn },
        Action: 'kms:Decrypt',
        Resource: '*',
        Condition: { StringEquals: { 'kms:EncryptionContext:app': 'one' } },
      },
    ];
    const key = await makeKey(JSON.stringify({ Version: '2012-10-17', Statement }));
    await admin.send(new CreateAliasCommand({ AliasName: 'alias/context', TargetKeyId: key }));
    const decrypt = async (context: Record<string, string>) => {
      const { CiphertextBlob } = await encrypt(admin, 'alias/context', context);
      return reader.kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: context }));
    };
    assert.equal((await decrypt({ app: 'one' })).KeyId, key);
    await assert.rejects(decrypt({ app: 'two' }), denied);
  });
});

describe('a grant', () => {
  test('allows its grantee its operations under its constraint, until it is revoked', async () => {
    const key = await makeKey();
    const grantee = await user();
    await assert.rejects(encrypt(grantee.kms, key, { a: '1' }), denied);
    const { GrantId } = await admin.send(
      new CreateGrantCommand({
        KeyId: key,
        GranteePrincipal: grantee.arn,
        Operations: ['Encrypt', 'DescribeKey'],
        Constraints: { EncryptionContextSubset: { a: '1' } },
        Name: 'mine',
      }),
    );
    await encrypt(grantee.kms, key, { a: '1', b: '2' });
    await grantee.kms.send(new DescribeKeyCommand({ KeyId: key }));
    await assert.rejects(encrypt(grantee.kms, key, { a: '2' }), denied);
    const { CiphertextBlob } = await encrypt(admin, key, { a: '1' });
    const decrypt = new DecryptCommand({ CiphertextBlob, EncryptionContext: { a: '1' } });
    await assert.rejects(grantee.kms.send(decrypt), denied);
    const { Grants } = await admin.send(new ListGrantsCommand({ KeyId: key }));
    assert.deepEqual(
      Grants?.map(({ Name, GranteePrincipal, GrantId: id }) => [Name, GranteePrincipal, id]),
      [['mine', grantee.arn, GrantId]],
    );
    await admin.send(new RevokeGrantCommand({ KeyId: key, GrantId }));
    await assert.rejects(encrypt(grantee.kms, key, { a: '1' }), denied);
    await assert.rejects(admin.send(new RevokeGrantCommand({ KeyId: key, GrantId })), { name: 'NotFoundException' });
  });

  test('equal contexts only, where that is the constraint', async () => {
    const key = await makeKey();
    const grantee = await user();
    const Constraints = { EncryptionContextEquals: { a: '1' } };
    await admin.send(
      new CreateGrantCommand({ KeyId: key, GranteePrincipal: grantee.arn, Operations: ['Encrypt'], Constraints }),
    );
    await encrypt(grantee.kms, key, { a: '1' });
    await assert.rejects(encrypt(grantee.kms, key, { a: '1', b: '2' }), denied);
  });

  test('is made once under its name, and is retired by whom it names', async () => {
    const key = await makeKey();
    const [grantee, retirer] = [await user(), await user()];
    const make = () =>
      admin.send(
        new CreateGrantCommand({
          KeyId: key,
          GranteePrincipal: grantee.arn,
          RetiringPrincipal: retirer.arn,
          Operations: ['Encrypt'],
          Name: 'again',
        }),
      );
    const [one, two] = [await make(), await make()];
    assert.equal(one.GrantId, two.GrantId);
    const listed = await admin.send(new ListRetirableGrantsCommand({ RetiringPrincipal: retirer.arn }));
    assert.equal(listed.Grants?.length, 1);
    const retire = new RetireGrantCommand({ GrantToken: one.GrantToken });
    await assert.rejects(grantee.kms.send(retire), denied);
    await retirer.kms.send(retire);
    await assert.rejects(encrypt(grantee.kms, key), denied);
    await assert.rejects(
      admin.send(new CreateGrantCommand({ KeyId: key, GranteePrincipal: grantee.arn, Operations: ['Sign'] })),
      { name: 'ValidationException' },
    );
  });
});

describe('a service that encrypts', () => {
  test('asks for its caller: a SecureString under a key of the customer', async () => {
    const key = await makeKey();
    const writer = await user('ssm:*', 'kms:Encrypt');
    const reader = await user('ssm:GetParameter', 'kms:Decrypt');
    const blind = await user('ssm:GetParameter');
    const value = { Name: '/access/one', Value: 'hush', Type: 'SecureString', KeyId: key } as const;
    await assert.rejects(blind.ssm.send(new PutParameterCommand(value)), denied);
    await writer.ssm.send(new PutParameterCommand(value));
    const read = new GetParameterCommand({ Name: '/access/one', WithDecryption: true });
    assert.equal((await reader.ssm.send(read)).Parameter?.Value, 'hush');
    await assert.rejects(blind.ssm.send(read), denied);
    await blind.ssm.send(new GetParameterCommand({ Name: '/access/one' }));
  });

  test('the AWS managed key is open to whoever may use the service, and to nobody beside it', async () => {
    const reader = await user('ssm:GetParameter', 'ssm:PutParameter', 'kms:*');
    await reader.ssm.send(new PutParameterCommand({ Name: 'managed', Value: 'hush', Type: 'SecureString' }));
    const { Parameter } = await reader.ssm.send(new GetParameterCommand({ Name: 'managed', WithDecryption: true }));
    assert.equal(Parameter?.Value, 'hush');
    await assert.rejects(encrypt(reader.kms, 'alias/aws/ssm'), denied);
  });

  test('a key whose policy demands the service', async () => {
    const reader = await user('secretsmanager:GetSecretValue', 'kms:Decrypt');
    const root = { AWS: `arn:aws:iam::${testAccount}:root` };
    const viaService = { StringEquals: { 'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com' } };
    const Statement = [
      { Effect: 'Allow', Principal: root, NotAction: 'kms:Decrypt', Resource: '*' },
      { Effect: 'Allow', Principal: root, Action: 'kms:Decrypt', Resource: '*', Condition: viaService },
    ];
    const key = await makeKey(JSON.stringify({ Version: '2012-10-17', Statement }));
    const secret = { Name: 'access/two', SecretString: 'hush', KmsKeyId: key };
    await controlPlane.secretsManager().send(new CreateSecretCommand(secret));
    const { SecretString } = await reader.secrets.send(new GetSecretValueCommand({ SecretId: 'access/two' }));
    assert.equal(SecretString, 'hush');
    const { CiphertextBlob } = await encrypt(admin, key);
    await assert.rejects(reader.kms.send(new DecryptCommand({ CiphertextBlob })), denied);
  });

  test('the policy of a secret lets a user in, or keeps him out', async () => {
    const [guest, banned] = [await user(), await user('secretsmanager:*')];
    const secrets = controlPlane.secretsManager();
    await secrets.send(new CreateSecretCommand({ Name: 'access/three', SecretString: 'hush' }));
    const statement = (Effect: string, principal: string) => ({
      Effect,
      Principal: { AWS: principal },
      Action: 'secretsmanager:GetSecretValue',
      Resource: '*',
    });
    const Statement = [statement('Allow', guest.arn), statement('Deny', banned.arn)];
    const ResourcePolicy = JSON.stringify({ Version: '2012-10-17', Statement });
    const read = new GetSecretValueCommand({ SecretId: 'access/three' });
    await banned.secrets.send(read);
    await assert.rejects(guest.secrets.send(read), denied);
    await secrets.send(new PutResourcePolicyCommand({ SecretId: 'access/three', ResourcePolicy }));
    assert.equal((await guest.secrets.send(read)).SecretString, 'hush');
    await assert.rejects(banned.secrets.send(read), denied);
  });
});
