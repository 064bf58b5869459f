/** Parameter Store with the real SDK client: writing, reading, versions, labels, paths, filters, tags. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CreateAliasCommand, CreateKeyCommand, DisableKeyCommand } from '@aws-sdk/client-kms';
import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  DeleteParametersCommand,
  DeleteResourcePolicyCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  GetResourcePoliciesCommand,
  LabelParameterVersionCommand,
  ListTagsForResourceCommand,
  type ParameterStringFilter,
  PutParameterCommand,
  type PutParameterCommandInput,
  PutResourcePolicyCommand,
  RemoveTagsFromResourceCommand,
  type SSMClient,
  UnlabelParameterVersionCommand,
} from '@aws-sdk/client-ssm';
import { startTestControlPlane, type TestControlPlane, testAccount } from '../../support/control-plane.ts';

let controlPlane: TestControlPlane;
let ssm: SSMClient;

before(async () => {
  controlPlane = await startTestControlPlane();
  ssm = controlPlane.ssm();
});
after(() => controlPlane.close());

const put = (Name: string, Value: string, more: Partial<PutParameterCommandInput> = {}) =>
  ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', ...more }));
const get = async (Name: string, WithDecryption = false) =>
  (await ssm.send(new GetParameterCommand({ Name, WithDecryption }))).Parameter!;
const refused = (name: string, message?: string | RegExp) => (error: Error) => {
  assert.equal(error.name, name);
  if (typeof message === 'string') assert.equal(error.message, message);
  if (message instanceof RegExp) assert.match(error.message, message);
  return true;
};

describe('writing and reading', () => {
  test('a String: version, ARN, selector', async () => {
    assert.deepEqual(await put('/app/one', 'first').then(({ Version, Tier }) => [Version, Tier]), [1, 'Standard']);
    await assert.rejects(put('/app/one', 'again'), refused('ParameterAlreadyExists'));
    assert.equal((await put('/app/one', 'second', { Overwrite: true, Type: undefined })).Version, 2);
    const parameter = await get('/app/one');
    assert.equal(parameter.Value, 'second');
    assert.equal(parameter.ARN, `arn:aws:ssm:us-east-1:${testAccount}:parameter/app/one`);
    assert.equal((await get(parameter.ARN!)).Value, 'second');
    const old = await get('/app/one:1');
    assert.deepEqual([old.Value, old.Selector], ['first', ':1']);
    assert.equal((await get(`${parameter.ARN}:1`)).Value, 'first');
    await assert.rejects(
      get('/app/one:9'),
      refused(
        'ParameterVersionNotFound',
        'Systems Manager could not find version 9 of /app/one. Verify the version and try again.',
      ),
    );
    await assert.rejects(get('/app/none'), refused('ParameterNotFound', 'Parameter /app/none not found.'));
    await assert.rejects(get('/app/one:1:2'), refused('ParameterNotFound'));
  });

  test('a SecureString: ciphertext unless decryption is asked for', async () => {
    await put('/app/secure', 'hush', { Type: 'SecureString' });
    assert.notEqual((await get('/app/secure')).Value, 'hush');
    assert.equal((await get('/app/secure', true)).Value, 'hush');
    const { Parameters } = await ssm.send(
      new DescribeParametersCommand({ ParameterFilters: [{ Key: 'Name', Values: ['/app/secure'] }] }),
    );
    assert.equal(Parameters?.[0]?.KeyId, 'alias/aws/ssm');
  });

  test('a SecureString under a key of the customer, which can be disabled', async () => {
    const kms = controlPlane.kms();
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    await kms.send(new CreateAliasCommand({ AliasName: 'alias/params', TargetKeyId: KeyMetadata!.KeyId }));
    await put('/app/own-key', 'hush', { Type: 'SecureString', KeyId: 'alias/params' });
    assert.equal((await get('/app/own-key', true)).Value, 'hush');
    await kms.send(new DisableKeyCommand({ KeyId: KeyMetadata!.KeyId }));
    await assert.rejects(get('/app/own-key', true), refused('InvalidKeyId', /is disabled/));
    await assert.rejects(put('/app/x', 'x', { Type: 'SecureString', KeyId: 'alias/nope' }), refused('InvalidKeyId'));
    await assert.rejects(put('/app/x', 'x', { KeyId: 'alias/params' }), refused('ValidationException'));
  });

  test('GetParameters says which names are none', async () => {
    await put('many', 'a,b', { Type: 'StringList' });
    const { Parameters, InvalidParameters } = await ssm.send(
      new GetParametersCommand({ Names: ['many', 'none', 'many:7'] }),
    );
    assert.deepEqual(
      Parameters?.map(({ Name, Value }) => [Name, Value]),
      [['many', 'a,b']],
    );
    assert.deepEqual(InvalidParameters, ['none', 'many:7']);
  });

  test('names, types, patterns and sizes are checked', async () => {
    await assert.rejects(
      put('a/b', 'x'),
      refused('ValidationException', 'Parameter name must be a fully qualified name.'),
    );
    await assert.rejects(put('/aws/mine', 'x'), refused('AccessDeniedException'));
    await assert.rejects(put('ssm-x', 'x'), refused('ValidationException', /can't be prefixed/));
    await assert.rejects(put('/a b', 'x'), refused('ValidationException'));
    await assert.rejects(put(`/${'a/'.repeat(16)}b`, 'x'), refused('HierarchyLevelLimitExceededException'));
    await assert.rejects(
      put('untyped', 'x', { Type: undefined }),
      refused('ValidationException', 'A parameter type is required when you create a parameter.'),
    );
    await put('/typed', 'x');
    await assert.rejects(
      put('/typed', 'x', { Type: 'SecureString', Overwrite: true }),
      refused('HierarchyTypeMismatchException'),
    );
    const pattern = { AllowedPattern: '\\d{1,4}' };
    await put('/patterned', '123', pattern);
    await assert.rejects(
      put('/patterned', 'abc', { Overwrite: true, ...pattern }),
      refused(
        'ParameterPatternMismatchException',
        'Parameter value, cannot be validated against allowedPattern: \\d{1,4}',
      ),
    );
    await assert.rejects(put('/bad', 'x', { AllowedPattern: '(' }), refused('InvalidAllowedPatternException'));
    await assert.rejects(put('/ami', 'nonsense', { DataType: 'aws:ec2:image' }), refused('ValidationException'));
    await put('/ami', 'ami-0123456789abcdef0', { DataType: 'aws:ec2:image' });
    assert.equal((await get('/ami')).DataType, 'aws:ec2:image');
    await assert.rejects(put('/bad', 'x', { DataType: 'ssm:integration' }), refused('ValidationException'));
    const tags = [{ Key: 'a', Value: 'b' }];
    await assert.rejects(put('/typed', 'x', { Overwrite: true, Tags: tags }), refused('ValidationException'));
  });

  test('a value too long is not shown in the error', async () => {
    await assert.rejects(
      put('/long', 'v'.repeat(4097)),
      refused('ValidationException', /^Standard tier parameters support a maximum parameter value of 4096 characters/),
    );
  });

  test('tiers', async () => {
    assert.equal((await put('/tier/big', 'v'.repeat(5000), { Tier: 'Intelligent-Tiering' })).Tier, 'Advanced');
    assert.equal((await put('/tier/small', 'v', { Tier: 'Intelligent-Tiering' })).Tier, 'Standard');
    await assert.rejects(put('/tier/big', 'v', { Tier: 'Standard', Overwrite: true }), refused('ValidationException'));
    await assert.rejects(put('/tier/huge', 'v'.repeat(8193), { Tier: 'Advanced' }), refused('ValidationException'));
  });
});

describe('versions and labels', () => {
  test('history is paged, labels move', async () => {
    for (const [at, value] of ['a', 'b', 'c'].entries()) await put('/v/one', value, { Overwrite: at > 0 });
    const label = (Labels: string[], ParameterVersion?: number) =>
      ssm.send(new LabelParameterVersionCommand({ Name: '/v/one', Labels, ParameterVersion }));
    await label(['good'], 1);
    assert.equal((await get('/v/one:good')).Value, 'a');
    assert.deepEqual(
      await label(['good', '1st', 'aws-x']).then(({ InvalidLabels, ParameterVersion }) => [
        InvalidLabels,
        ParameterVersion,
      ]),
      [['1st', 'aws-x'], 3],
    );
    assert.equal((await get('/v/one:good')).Value, 'c');
    await assert.rejects(label(['x'], 12), refused('ParameterVersionNotFound'));
    await assert.rejects(
      label(Array.from({ length: 10 }, (_, n) => `l${n}`)),
      refused('ParameterVersionLabelLimitExceeded'),
    );
    const first = await ssm.send(new GetParameterHistoryCommand({ Name: '/v/one', MaxResults: 2 }));
    const second = await ssm.send(
      new GetParameterHistoryCommand({ Name: '/v/one', MaxResults: 2, NextToken: first.NextToken }),
    );
    const all = [...first.Parameters!, ...second.Parameters!];
    assert.deepEqual(
      all.map(({ Version, Value, Labels }) => [Version, Value, Labels]),
      [
        [1, 'a', []],
        [2, 'b', []],
        [3, 'c', ['good']],
      ],
    );
    const removed = await ssm.send(
      new UnlabelParameterVersionCommand({ Name: '/v/one', ParameterVersion: 3, Labels: ['good', 'none'] }),
    );
    assert.deepEqual([removed.RemovedLabels, removed.InvalidLabels], [['good'], ['none']]);
  });

  test('the hundredth version pushes the oldest out, unless it is labelled', async () => {
    await put('/v/many', '1');
    await ssm.send(new LabelParameterVersionCommand({ Name: '/v/many', Labels: ['keep'], ParameterVersion: 1 }));
    for (let n = 2; n <= 100; n++) await put('/v/many', String(n), { Overwrite: true });
    await assert.rejects(put('/v/many', '101', { Overwrite: true }), refused('ParameterMaxVersionLimitExceeded'));
    await ssm.send(new UnlabelParameterVersionCommand({ Name: '/v/many', ParameterVersion: 1, Labels: ['keep'] }));
    assert.equal((await put('/v/many', '101', { Overwrite: true })).Version, 101);
    await assert.rejects(get('/v/many:1'), refused('ParameterVersionNotFound'));
    assert.equal((await get('/v/many:2')).Value, '2');
  });
});

describe('paths and filters', () => {
  const byPath = async (input: ConstructorParameters<typeof GetParametersByPathCommand>[0]) => {
    const names: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await ssm.send(new GetParametersByPathCommand({ ...input, NextToken }));
      names.push(...page.Parameters!.map(({ Name }) => Name!));
      NextToken = page.NextToken;
    } while (NextToken);
    return names;
  };
  before(async () => {
    for (const name of ['/p/a', '/p/b/c', '/p/b/d', '/px/e', 'plain']) await put(name, name);
    await put('/p/s', 'x', { Type: 'SecureString', Tags: [{ Key: 'team', Value: 'red' }] });
    await ssm.send(new LabelParameterVersionCommand({ Name: '/p/a', Labels: ['live'] }));
  });

  test('one level, recursive, paged, filtered', async () => {
    assert.deepEqual(await byPath({ Path: '/p' }), ['/p/a', '/p/s']);
    assert.deepEqual(await byPath({ Path: '/p/', Recursive: true, MaxResults: 1 }), [
      '/p/a',
      '/p/b/c',
      '/p/b/d',
      '/p/s',
    ]);
    const ParameterFilters = [{ Key: 'Type', Values: ['SecureString'] }];
    assert.deepEqual(await byPath({ Path: '/p', ParameterFilters }), ['/p/s']);
    assert.deepEqual(await byPath({ Path: '/p', ParameterFilters: [{ Key: 'Label', Values: ['live'] }] }), ['/p/a']);
    assert.ok((await byPath({ Path: '/' })).includes('plain'));
    await assert.rejects(byPath({ Path: 'p' }), refused('ValidationException', /must begin with a forward slash/));
    await assert.rejects(
      byPath({ Path: '/p', ParameterFilters: [{ Key: 'Name', Values: ['x'] }] }),
      refused('InvalidFilterKey'),
    );
    await assert.rejects(byPath({ Path: '/p', MaxResults: 11 }), refused('ValidationException'));
  });

  test('DescribeParameters', async () => {
    const names = async (...ParameterFilters: ParameterStringFilter[]) => {
      const { Parameters } = await ssm.send(new DescribeParametersCommand({ ParameterFilters }));
      return Parameters!.map(({ Name }) => Name);
    };
    assert.deepEqual(await names({ Key: 'Name', Option: 'BeginsWith', Values: ['p/b'] }), ['/p/b/c', '/p/b/d']);
    assert.deepEqual(await names({ Key: 'Name', Option: 'Contains', Values: ['x/e'] }), ['/px/e']);
    assert.deepEqual(await names({ Key: 'Path', Option: 'OneLevel', Values: ['/p'] }), ['/p/a', '/p/s']);
    assert.deepEqual(await names({ Key: 'tag:team', Values: ['red'] }), ['/p/s']);
    assert.deepEqual(await names({ Key: 'tag:team' }), ['/p/s']);
    await assert.rejects(names({ Key: 'Label', Values: ['x'] }), refused('InvalidFilterKey'));
    await assert.rejects(names({ Key: 'Nonsense', Values: ['x'] }), refused('ValidationException'));
    await assert.rejects(names({ Key: 'Type', Values: ['Wrong'] }), refused('InvalidFilterValue'));
    await assert.rejects(names({ Key: 'Path', Option: 'Equals', Values: ['/p'] }), refused('InvalidFilterOption'));
    const older = await ssm.send(new DescribeParametersCommand({ Filters: [{ Key: 'Name', Values: ['/px'] }] }));
    assert.deepEqual(
      older.Parameters?.map(({ Name }) => Name),
      ['/px/e'],
    );
  });

  test('public parameters are the same for everybody', async () => {
    const path = '/aws/service/ecs/optimized-ami/amazon-linux-2/recommended';
    const recommended = JSON.parse((await get(path)).Value!);
    const image = await get(`${path}/image_id`);
    assert.equal(recommended.image_id, image.Value);
    assert.equal(image.DataType, 'aws:ec2:image');
    assert.equal(image.ARN, `arn:aws:ssm:us-east-1::parameter${path}/image_id`);
    assert.ok((await byPath({ Path: path })).includes(`${path}/image_name`));
    assert.match((await get('/aws/service/aws-for-fluent-bit/stable')).Value!, /aws-for-fluent-bit:stable$/);
  });
});

describe('the rest', () => {
  test('tags', async () => {
    await put('/t/one', 'x', { Tags: [{ Key: 'a', Value: '1' }] });
    const resource = { ResourceType: 'Parameter', ResourceId: '/t/one' } as const;
    await ssm.send(new AddTagsToResourceCommand({ ...resource, Tags: [{ Key: 'b', Value: '2' }] }));
    await ssm.send(new RemoveTagsFromResourceCommand({ ...resource, TagKeys: ['a'] }));
    const { TagList } = await ssm.send(new ListTagsForResourceCommand(resource));
    assert.deepEqual(TagList, [{ Key: 'b', Value: '2' }]);
    await assert.rejects(
      ssm.send(new ListTagsForResourceCommand({ ResourceType: 'Parameter', ResourceId: '/t/none' })),
      refused('InvalidResourceId'),
    );
    await assert.rejects(
      ssm.send(new ListTagsForResourceCommand({ ResourceType: 'Document', ResourceId: 'x' })),
      refused('InvalidResourceType'),
    );
  });

  test('deletion', async () => {
    await put('/d/one', 'x');
    await put('/d/two', 'x');
    await ssm.send(new DeleteParameterCommand({ Name: '/d/one' }));
    await assert.rejects(ssm.send(new DeleteParameterCommand({ Name: '/d/one' })), refused('ParameterNotFound'));
    const answer = await ssm.send(new DeleteParametersCommand({ Names: ['/d/one', '/d/two'] }));
    assert.deepEqual([answer.DeletedParameters, answer.InvalidParameters], [['/d/two'], ['/d/one']]);
    assert.equal((await put('/d/one', 'anew')).Version, 1);
  });

  test('policies of a parameter are checked and shown', async () => {
    const Policies = JSON.stringify([
      { Type: 'Expiration', Version: '1.0', Attributes: { Timestamp: '2999-01-01T00:00:00.000Z' } },
      { Type: 'ExpirationNotification', Version: '1.0', Attributes: { Before: '15', Unit: 'Days' } },
      { Type: 'NoChangeNotification', Version: '1.0', Attributes: { After: '20', Unit: 'Hours' } },
    ]);
    await put('/pol/one', 'x', { Tier: 'Advanced', Policies });
    const { Parameters } = await ssm.send(
      new DescribeParametersCommand({ ParameterFilters: [{ Key: 'Name', Values: ['/pol/one'] }] }),
    );
    assert.deepEqual(
      Parameters?.[0]?.Policies?.map(({ PolicyType, PolicyStatus }) => [PolicyType, PolicyStatus]),
      [
        ['Expiration', 'Pending'],
        ['ExpirationNotification', 'Pending'],
        ['NoChangeNotification', 'Pending'],
      ],
    );
    await assert.rejects(put('/pol/two', 'x', { Tier: 'Standard', Policies }), refused('ValidationException'));
    const wrong = (policy: unknown) => put('/pol/two', 'x', { Tier: 'Advanced', Policies: JSON.stringify([policy]) });
    await assert.rejects(wrong({ Type: 'Other', Version: '1.0' }), refused('InvalidPolicyTypeException'));
    await assert.rejects(wrong({ Type: 'Expiration', Version: '1.0' }), refused('InvalidPolicyAttributeException'));
    await assert.rejects(
      wrong({ Type: 'ExpirationNotification', Version: '1.0', Attributes: { Before: '1', Unit: 'Days' } }),
      refused('IncompatiblePolicyException'),
    );
  });

  test('resource policies', async () => {
    await put('/rp/one', 'x', { Tier: 'Advanced' });
    const ResourceArn = `arn:aws:ssm:us-east-1:${testAccount}:parameter/rp/one`;
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::111122223333:root' },
          Action: ['ssm:GetParameter'],
          Resource: ResourceArn,
        },
      ],
    });
    const made = await ssm.send(new PutResourcePolicyCommand({ ResourceArn, Policy }));
    await assert.rejects(
      ssm.send(new PutResourcePolicyCommand({ ResourceArn, Policy })),
      refused('ResourcePolicyLimitExceededException'),
    );
    const { Policies } = await ssm.send(new GetResourcePoliciesCommand({ ResourceArn }));
    assert.deepEqual(Policies, [{ PolicyId: made.PolicyId, PolicyHash: made.PolicyHash, Policy }]);
    const wrongHash = { ResourceArn, PolicyId: made.PolicyId, PolicyHash: 'x' };
    await assert.rejects(
      ssm.send(new DeleteResourcePolicyCommand(wrongHash)),
      refused('ResourcePolicyConflictException'),
    );
    await ssm.send(new DeleteResourcePolicyCommand({ ...wrongHash, PolicyHash: made.PolicyHash }));
    assert.deepEqual((await ssm.send(new GetResourcePoliciesCommand({ ResourceArn }))).Policies, []);
  });
});
