/** Secrets Manager with the real SDK client: values, versions and stages, deletion, lists, policies, replicas. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CreateKeyCommand, DisableKeyCommand } from '@aws-sdk/client-kms';
import {
  BatchGetSecretValueCommand,
  CancelRotateSecretCommand,
  CreateSecretCommand,
  type CreateSecretCommandInput,
  DeleteResourcePolicyCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  type Filter,
  GetRandomPasswordCommand,
  type GetRandomPasswordCommandInput,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
  RestoreSecretCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
  StopReplicationToReplicaCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
  ValidateResourcePolicyCommand,
} from '@aws-sdk/client-secrets-manager';
import { startTestControlPlane, type TestControlPlane, testAccount } from '../../support/control-plane.ts';

let controlPlane: TestControlPlane;
let secrets: SecretsManagerClient;

before(async () => {
  controlPlane = await startTestControlPlane();
  secrets = controlPlane.secretsManager();
});
after(() => controlPlane.close());

const create = (Name: string, more: Partial<CreateSecretCommandInput> = {}) =>
  secrets.send(new CreateSecretCommand({ Name, SecretString: `value of ${Name}`, ...more }));
const get = (SecretId: string, more: Partial<GetSecretValueCommandInput> = {}) =>
  secrets.send(new GetSecretValueCommand({ SecretId, ...more }));
const putValue = (SecretId: string, SecretString: string, VersionStages?: string[]) =>
  secrets.send(new PutSecretValueCommand({ SecretId, SecretString, VersionStages }));
const describeSecret = (SecretId: string) => secrets.send(new DescribeSecretCommand({ SecretId }));
const stages = async (SecretId: string) => (await describeSecret(SecretId)).VersionIdsToStages;
const token = (n: number) => `token-${String(n).padStart(32, '0')}`;
const notFound = { name: 'ResourceNotFoundException', message: "Secrets Manager can't find the specified secret." };

describe('values', () => {
  test('a string, read by name, ARN and part of the ARN', async () => {
    const made = await create('app/db', { Description: 'the database' });
    assert.match(
      made.ARN!,
      new RegExp(`^arn:aws:secretsmanager:us-east-1:${testAccount}:secret:app/db-[A-Za-z0-9]{6}$`),
    );
    for (const id of ['app/db', made.ARN!, made.ARN!.slice(0, -7)]) {
      const value = await get(id);
      assert.deepEqual(
        [value.SecretString, value.VersionId, value.VersionStages],
        ['value of app/db', made.VersionId, ['AWSCURRENT']],
      );
    }
    await assert.rejects(get('app/none'), notFound);
    await assert.rejects(get('app/db', { VersionStage: 'AWSPENDING' }), {
      name: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret value for staging label: AWSPENDING",
    });
    await assert.rejects(get('app/db', { VersionId: made.VersionId!, VersionStage: 'OTHER' }), {
      name: 'InvalidRequestException',
    });
    const day = (await describeSecret('app/db')).LastAccessedDate!;
    assert.equal(day.getTime() % 86_400_000, 0);
  });

  test('bytes, and a secret without a value', async () => {
    await create('app/bytes', { SecretString: undefined, SecretBinary: Buffer.from([0, 1, 255]) });
    const value = await get('app/bytes');
    assert.deepEqual(Buffer.from(value.SecretBinary!), Buffer.from([0, 1, 255]));
    assert.equal(value.SecretString, undefined);
    const empty = await create('app/empty', { SecretString: undefined });
    assert.equal(empty.VersionId, undefined);
    await assert.rejects(get('app/empty'), { name: 'ResourceNotFoundException' });
    await assert.rejects(create('app/both', { SecretBinary: Buffer.from('x') }), { name: 'InvalidParameterException' });
    await assert.rejects(create('app bad'), { name: 'ValidationException' });
  });

  test('a token makes a request once', async () => {
    const first = await create('token/one', { ClientRequestToken: token(1) });
    const again = await create('token/one', { ClientRequestToken: token(1) });
    assert.deepEqual([again.ARN, again.VersionId], [first.ARN, token(1)]);
    const exists = { name: 'ResourceExistsException' };
    await assert.rejects(create('token/one', { ClientRequestToken: token(1), SecretString: 'another' }), exists);
    await assert.rejects(create('token/one'), exists);
    await assert.rejects(create('token/two', { ClientRequestToken: 'short' }), { name: 'InvalidParameterException' });
  });

  test('under a key of the customer, which can be disabled', async () => {
    const kms = controlPlane.kms();
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    await create('keyed', { KmsKeyId: KeyMetadata!.Arn });
    assert.equal((await get('keyed')).SecretString, 'value of keyed');
    assert.equal((await describeSecret('keyed')).KmsKeyId, KeyMetadata!.Arn);
    await create('rekeyed');
    await secrets.send(new UpdateSecretCommand({ SecretId: 'rekeyed', KmsKeyId: KeyMetadata!.Arn }));
    assert.equal((await get('rekeyed')).SecretString, 'value of rekeyed');
    await kms.send(new DisableKeyCommand({ KeyId: KeyMetadata!.KeyId }));
    await assert.rejects(get('keyed'), { name: 'DecryptionFailure' });
    await assert.rejects(get('rekeyed'), { name: 'DecryptionFailure' });
    await assert.rejects(create('keyed/two', { KmsKeyId: KeyMetadata!.Arn }), { name: 'EncryptionFailure' });
  });

  test('a batch says what it could not read', async () => {
    await create('batch/one', { Tags: [{ Key: 'batch', Value: 'yes' }] });
    await create('batch/two', { Tags: [{ Key: 'batch', Value: 'yes' }] });
    const named = await secrets.send(new BatchGetSecretValueCommand({ SecretIdList: ['batch/one', 'batch/none'] }));
    assert.deepEqual(
      named.SecretValues?.map(({ SecretString }) => SecretString),
      ['value of batch/one'],
    );
    assert.deepEqual(
      named.Errors?.map(({ SecretId, ErrorCode }) => [SecretId, ErrorCode]),
      [['batch/none', 'ResourceNotFoundException']],
    );
    const filtered = await secrets.send(
      new BatchGetSecretValueCommand({ Filters: [{ Key: 'tag-key', Values: ['batch'] }], MaxResults: 1 }),
    );
    assert.equal(filtered.SecretValues?.length, 1);
    assert.ok(filtered.NextToken);
  });
});

describe('versions and stages', () => {
  test('AWSCURRENT moves and leaves AWSPREVIOUS', async () => {
    const one = (await create('stage/one')).VersionId!;
    const two = (await putValue('stage/one', 'second')).VersionId!;
    assert.deepEqual(await stages('stage/one'), { [one]: ['AWSPREVIOUS'], [two]: ['AWSCURRENT'] });
    const { VersionId: three } = await secrets.send(
      new UpdateSecretCommand({ SecretId: 'stage/one', SecretString: 'third', Description: 'new' }),
    );
    assert.deepEqual(await stages('stage/one'), { [two]: ['AWSPREVIOUS'], [three!]: ['AWSCURRENT'] });
    assert.equal((await get('stage/one', { VersionStage: 'AWSPREVIOUS' })).SecretString, 'second');
    assert.equal((await get('stage/one', { VersionId: one })).SecretString, 'value of stage/one');
    const list = (IncludeDeprecated: boolean) =>
      secrets.send(new ListSecretVersionIdsCommand({ SecretId: 'stage/one', IncludeDeprecated }));
    assert.equal((await list(false)).Versions?.length, 2);
    assert.equal((await list(true)).Versions?.length, 3);
  });

  test('AWSPENDING is made and moved to current by hand, and so are other labels', async () => {
    const one = (await create('stage/two')).VersionId!;
    const two = (await putValue('stage/two', 'pending', ['AWSPENDING'])).VersionId!;
    assert.deepEqual(await stages('stage/two'), { [one]: ['AWSCURRENT'], [two]: ['AWSPENDING'] });
    const move = (VersionStage: string, RemoveFromVersionId?: string, MoveToVersionId?: string) =>
      secrets.send(
        new UpdateSecretVersionStageCommand({
          SecretId: 'stage/two',
          VersionStage,
          RemoveFromVersionId,
          MoveToVersionId,
        }),
      );
    const invalid = { name: 'InvalidParameterException' };
    await assert.rejects(move('AWSCURRENT', undefined, two), invalid);
    await assert.rejects(move('AWSCURRENT', two, one), invalid);
    await assert.rejects(move('AWSCURRENT', one), invalid);
    await assert.rejects(move('AWSCURRENT', one, token(9)), { name: 'ResourceNotFoundException' });
    await move('AWSCURRENT', one, two);
    assert.deepEqual(await stages('stage/two'), { [one]: ['AWSPREVIOUS'], [two]: ['AWSPENDING', 'AWSCURRENT'] });
    await move('AWSPENDING', two);
    await move('MINE', undefined, one);
    assert.deepEqual(await stages('stage/two'), { [one]: ['AWSPREVIOUS', 'MINE'], [two]: ['AWSCURRENT'] });
  });

  test('the first value is current whatever its labels', async () => {
    await create('stage/three', { SecretString: undefined });
    const { VersionStages } = await putValue('stage/three', 'x', ['MINE']);
    assert.deepEqual(VersionStages, ['MINE', 'AWSCURRENT']);
  });
});

describe('deletion', () => {
  test('waits, can be taken back, and keeps the name', async () => {
    await create('gone/one');
    const remove = (more: object) => secrets.send(new DeleteSecretCommand({ SecretId: 'gone/one', ...more }));
    const invalid = { name: 'InvalidParameterException' };
    await assert.rejects(remove({ RecoveryWindowInDays: 3 }), invalid);
    await assert.rejects(remove({ RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true }), invalid);
    const { DeletionDate } = await remove({ RecoveryWindowInDays: 7 });
    assert.ok(DeletionDate!.getTime() > Date.now() + 6.9 * 86_400_000);
    const marked = { name: 'InvalidRequestException' };
    await assert.rejects(get('gone/one'), marked);
    await assert.rejects(putValue('gone/one', 'x'), marked);
    await assert.rejects(create('gone/one'), marked);
    assert.deepEqual((await describeSecret('gone/one')).DeletedDate, DeletionDate);
    await secrets.send(new RestoreSecretCommand({ SecretId: 'gone/one' }));
    assert.equal((await get('gone/one')).SecretString, 'value of gone/one');
    await remove({ ForceDeleteWithoutRecovery: true });
    await assert.rejects(describeSecret('gone/one'), notFound);
    const { ARN } = await remove({ ForceDeleteWithoutRecovery: true });
    assert.ok(ARN);
    await create('gone/one');
  });
});

describe('lists', () => {
  test('filters, order and pages', async () => {
    await create('list/b', { Description: 'Blue sky', Tags: [{ Key: 'team', Value: 'red' }] });
    await create('list/a', { Description: 'green grass' });
    const list = async (filters: Filter[], more: object = {}) =>
      (await secrets.send(new ListSecretsCommand({ Filters: filters, ...more }))).SecretList!.map(({ Name }) => Name);
    const mine = { Key: 'name', Values: ['list/'] } as const satisfies Filter;
    assert.deepEqual(await list([mine as never]), ['list/b', 'list/a']);
    assert.deepEqual(await list([mine as never], { SortBy: 'name' }), ['list/a', 'list/b']);
    assert.deepEqual(await list([{ Key: 'description', Values: ['blue'] }]), ['list/b']);
    assert.deepEqual(await list([mine as never, { Key: 'tag-value', Values: ['red'] }]), ['list/b']);
    assert.deepEqual(await list([mine as never, { Key: 'tag-key', Values: ['!team'] }]), ['list/a']);
    assert.deepEqual(await list([{ Key: 'all', Values: ['green'] }]), ['list/a']);
    const first = await secrets.send(new ListSecretsCommand({ Filters: [mine as never], MaxResults: 1 }));
    const second = await secrets.send(
      new ListSecretsCommand({ Filters: [mine as never], MaxResults: 1, NextToken: first.NextToken }),
    );
    assert.deepEqual([first.SecretList?.[0]?.Name, second.SecretList?.[0]?.Name], ['list/b', 'list/a']);
    assert.equal(second.NextToken, undefined);
    await assert.rejects(secrets.send(new ListSecretsCommand({ NextToken: 'nonsense' })), {
      name: 'InvalidNextTokenException',
    });
    await secrets.send(new DeleteSecretCommand({ SecretId: 'list/a' }));
    assert.deepEqual(await list([mine as never]), ['list/b']);
    assert.deepEqual(await list([mine as never], { IncludePlannedDeletion: true }), ['list/b', 'list/a']);
  });
});

describe('the rest', () => {
  test('tags', async () => {
    await create('tags', { Tags: [{ Key: 'a', Value: '1' }] });
    await secrets.send(new TagResourceCommand({ SecretId: 'tags', Tags: [{ Key: 'b', Value: '2' }] }));
    await secrets.send(new UntagResourceCommand({ SecretId: 'tags', TagKeys: ['a'] }));
    assert.deepEqual((await describeSecret('tags')).Tags, [{ Key: 'b', Value: '2' }]);
  });

  test('passwords', async () => {
    const draw = async (input: GetRandomPasswordCommandInput) =>
      (await secrets.send(new GetRandomPasswordCommand(input))).RandomPassword!;
    assert.equal((await draw({})).length, 32);
    assert.match(await draw({ PasswordLength: 50, ExcludePunctuation: true, ExcludeNumbers: true }), /^[a-zA-Z]{50}$/);
    assert.match(await draw({ PasswordLength: 4 }), /\d/);
    assert.doesNotMatch(await draw({ PasswordLength: 1000, ExcludeCharacters: 'abc' }), /[abc]/);
    await assert.rejects(draw({ PasswordLength: 3 }), { name: 'InvalidParameterException' });
    await assert.rejects(draw({ PasswordLength: 5000 }), { name: 'ValidationException' });
  });

  test('rotation is recorded and never pretended', async () => {
    await create('rotated');
    const RotationLambdaARN = 'arn:aws:lambda:us-east-1:123456789012:function:rotate';
    const rotate = (more: object) => secrets.send(new RotateSecretCommand({ SecretId: 'rotated', ...more }));
    await assert.rejects(rotate({}), { name: 'InvalidRequestException' });
    await assert.rejects(rotate({ RotationLambdaARN }), { name: 'AccessDeniedException', message: /cannot invoke/ });
    const RotationRules = { AutomaticallyAfterDays: 30 };
    const recorded = await rotate({ RotationLambdaARN, RotationRules, RotateImmediately: false });
    assert.equal(recorded.VersionId, undefined);
    const described = await describeSecret('rotated');
    assert.deepEqual(
      [described.RotationEnabled, described.RotationLambdaARN, described.RotationRules],
      [true, RotationLambdaARN, RotationRules],
    );
    assert.equal(described.LastRotatedDate, undefined);
    await secrets.send(new CancelRotateSecretCommand({ SecretId: 'rotated' }));
    assert.equal((await describeSecret('rotated')).RotationEnabled, false);
  });

  test('resource policies', async () => {
    const { ARN } = await create('policy');
    const document = (principal: unknown) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: principal, Action: 'secretsmanager:GetSecretValue', Resource: '*' }],
      });
    const put = (ResourcePolicy: string, BlockPublicPolicy = false) =>
      secrets.send(new PutResourcePolicyCommand({ SecretId: 'policy', ResourcePolicy, BlockPublicPolicy }));
    await assert.rejects(put('{}'), { name: 'MalformedPolicyDocumentException' });
    await assert.rejects(put(document('*'), true), { name: 'PublicPolicyException' });
    const policy = document({ AWS: 'arn:aws:iam::111122223333:root' });
    await put(policy, true);
    const read = () => secrets.send(new GetResourcePolicyCommand({ SecretId: 'policy' }));
    assert.deepEqual(await read().then(({ ARN: arn, ResourcePolicy }) => [arn, ResourcePolicy]), [ARN, policy]);
    const validate = (ResourcePolicy: string) => secrets.send(new ValidateResourcePolicyCommand({ ResourcePolicy }));
    assert.equal((await validate(policy)).PolicyValidationPassed, true);
    assert.equal((await validate(document('*'))).PolicyValidationPassed, false);
    await secrets.send(new DeleteResourcePolicyCommand({ SecretId: 'policy' }));
    assert.equal((await read()).ResourcePolicy, undefined);
  });

  test('replicas follow their primary, refuse changes, and can stand alone', async () => {
    const { ARN, ReplicationStatus } = await create('replicated', { AddReplicaRegions: [{ Region: 'eu-west-1' }] });
    assert.deepEqual(
      ReplicationStatus?.map(({ Region, Status }) => [Region, Status]),
      [['eu-west-1', 'InSync']],
    );
    const europe = controlPlane.secretsManager({ region: 'eu-west-1' });
    const there = async () => (await europe.send(new GetSecretValueCommand({ SecretId: 'replicated' }))).SecretString;
    assert.equal(await there(), 'value of replicated');
    await putValue('replicated', 'two');
    assert.equal(await there(), 'two');
    const copy = await europe.send(new DescribeSecretCommand({ SecretId: 'replicated' }));
    assert.equal(copy.ARN, ARN!.replace('us-east-1', 'eu-west-1'));
    assert.equal(copy.PrimaryRegion, 'us-east-1');
    assert.deepEqual(copy.VersionIdsToStages, await stages('replicated'));
    await assert.rejects(
      europe.send(new PutSecretValueCommand({ SecretId: 'replicated', SecretString: 'x' })),
      /Operation not permitted on a replica secret/,
    );
    await assert.rejects(secrets.send(new DeleteSecretCommand({ SecretId: 'replicated' })), {
      name: 'InvalidRequestException',
    });
    await secrets.send(
      new ReplicateSecretToRegionsCommand({ SecretId: 'replicated', AddReplicaRegions: [{ Region: 'us-west-2' }] }),
    );
    const west = controlPlane.secretsManager({ region: 'us-west-2' });
    await west.send(new StopReplicationToReplicaCommand({ SecretId: 'replicated' }));
    await west.send(new PutSecretValueCommand({ SecretId: 'replicated', SecretString: 'alone' }));
    await secrets.send(
      new RemoveRegionsFromReplicationCommand({ SecretId: 'replicated', RemoveReplicaRegions: ['eu-west-1'] }),
    );
    await assert.rejects(there(), notFound);
    assert.equal((await describeSecret('replicated')).ReplicationStatus, undefined);
    const replicateWest = async (ForceOverwriteReplicaSecret: boolean) => {
      const AddReplicaRegions = [{ Region: 'us-west-2' }];
      const answer = await secrets.send(
        new ReplicateSecretToRegionsCommand({ SecretId: 'replicated', AddReplicaRegions, ForceOverwriteReplicaSecret }),
      );
      return answer.ReplicationStatus?.[0]?.Status;
    };
    const westernValue = async () =>
      (await west.send(new GetSecretValueCommand({ SecretId: 'replicated' }))).SecretString;
    assert.equal(await replicateWest(false), 'Failed');
    assert.equal(await westernValue(), 'alone');
    assert.equal(await replicateWest(true), 'InSync');
    assert.equal(await westernValue(), 'two');
  });
});
