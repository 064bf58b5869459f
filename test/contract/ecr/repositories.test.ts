import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DeleteRepositoryPolicyCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  GetAuthorizationTokenCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  paginateDescribeRepositories,
  SetRepositoryPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecr';
import { CreateKeyCommand } from '@aws-sdk/client-kms';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { makeImage, pushImage } from '../../support/images.ts';

let plane: TestControlPlane;
let ecr: ECRClient;

before(async () => {
  plane = await startTestControlPlane();
  ecr = plane.ecr();
});
after(() => plane.close());

const create = (repositoryName: string, more = {}) =>
  ecr.send(new CreateRepositoryCommand({ repositoryName, ...more }));

test('a repository with its defaults', async () => {
  const { repository } = await create('defaults/app');
  assert.equal(repository!.repositoryArn, 'arn:aws:ecr:us-east-1:123456789012:repository/defaults/app');
  assert.equal(repository!.registryId, plane.account);
  assert.equal(repository!.repositoryUri, `127.0.0.1:${plane.port}/123456789012.us-east-1/defaults/app`);
  assert.equal(repository!.imageTagMutability, 'MUTABLE');
  assert.equal(repository!.imageTagMutabilityExclusionFilters, undefined);
  assert.deepEqual(repository!.imageScanningConfiguration, { scanOnPush: false });
  assert.deepEqual(repository!.encryptionConfiguration, { encryptionType: 'AES256' });
  assert.ok(repository!.createdAt instanceof Date);
  const named = { repositoryNames: ['defaults/app'] };
  const described = await ecr.send(new DescribeRepositoriesCommand(named));
  assert.deepEqual(described.repositories, [repository]);
});

test('a name is taken once per account and region', async () => {
  await create('taken');
  await assert.rejects(create('taken'), {
    name: 'RepositoryAlreadyExistsException',
    message: "The repository with name 'taken' already exists in the registry with id '123456789012'",
  });
  const elsewhere = plane.ecr({ region: 'eu-west-1' });
  const { repository } = await elsewhere.send(new CreateRepositoryCommand({ repositoryName: 'taken' }));
  assert.equal(repository!.repositoryArn, 'arn:aws:ecr:eu-west-1:123456789012:repository/taken');
});

test('names that are none', async () => {
  await assert.rejects(create('a'), {
    name: 'InvalidParameterException',
    message:
      "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must have length greater than or equal to 2'",
  });
  await assert.rejects(create('Upper/Case'), {
    name: 'InvalidParameterException',
    message:
      "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(\\/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*''",
  });
  await assert.rejects(create('missing', { registryId: '12' }), { name: 'InvalidParameterException' });
});

test('what does not exist', async () => {
  const expected = {
    name: 'RepositoryNotFoundException',
    message: "The repository with name 'nope' does not exist in the registry with id '123456789012'",
  };
  await assert.rejects(ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['nope'] })), expected);
  await assert.rejects(ecr.send(new DeleteRepositoryCommand({ repositoryName: 'nope' })), expected);
});

test('pages in the order of names', async () => {
  const other = plane.ecr({ region: 'ap-south-1' });
  const names = ['p-a', 'p-b', 'p-c', 'p-d', 'p-e'];
  for (const repositoryName of names) await other.send(new CreateRepositoryCommand({ repositoryName }));
  const seen: string[][] = [];
  for await (const page of paginateDescribeRepositories({ client: other, pageSize: 2 }, {})) {
    seen.push(page.repositories!.map((one) => one.repositoryName!));
  }
  assert.deepEqual(seen, [['p-a', 'p-b'], ['p-c', 'p-d'], ['p-e']]);
  await assert.rejects(other.send(new DescribeRepositoriesCommand({ nextToken: 'made up' })), {
    name: 'InvalidParameterException',
  });
  const both = new DescribeRepositoriesCommand({ repositoryNames: ['p-a'], maxResults: 5 });
  await assert.rejects(other.send(both), { name: 'InvalidParameterException' });
});

test('a repository with images goes by force only', async () => {
  await create('full');
  await pushImage(ecr, 'full', makeImage('full'), 'v1');
  await assert.rejects(ecr.send(new DeleteRepositoryCommand({ repositoryName: 'full' })), {
    name: 'RepositoryNotEmptyException',
    message:
      "The repository with name 'full' in registry with id '123456789012' cannot be deleted because it still contains images",
  });
  const { repository } = await ecr.send(new DeleteRepositoryCommand({ repositoryName: 'full', force: true }));
  assert.equal(repository!.repositoryName, 'full');
  await create('full');
});

test('encryption names a key that there is', async () => {
  const { repository } = await create('kms/default', { encryptionConfiguration: { encryptionType: 'KMS' } });
  assert.match(repository!.encryptionConfiguration!.kmsKey!, /^arn:aws:kms:us-east-1:123456789012:key\/[0-9a-f-]{36}$/);
  const key = await plane.kms().send(new CreateKeyCommand({}));
  const kmsKey = key.KeyMetadata!.KeyId!;
  const own = await create('kms/own', { encryptionConfiguration: { encryptionType: 'KMS_DSSE', kmsKey } });
  assert.deepEqual(own.repository!.encryptionConfiguration, {
    encryptionType: 'KMS_DSSE',
    kmsKey: key.KeyMetadata!.Arn,
  });
  const unknown = { encryptionType: 'KMS', kmsKey: 'alias/none' };
  await assert.rejects(create('kms/none', { encryptionConfiguration: unknown }), {
    name: 'KmsException',
    kmsError: 'NotFoundException',
  });
  await assert.rejects(create('kms/aes', { encryptionConfiguration: { encryptionType: 'AES256', kmsKey } }), {
    name: 'InvalidParameterException',
  });
});

test('tag mutability and its exclusions', async () => {
  await create('mutability');
  const filters = [{ filterType: 'WILDCARD' as const, filter: 'dev-*' }];
  const changed = await ecr.send(
    new PutImageTagMutabilityCommand({
      repositoryName: 'mutability',
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: filters,
    }),
  );
  assert.equal(changed.imageTagMutability, 'IMMUTABLE_WITH_EXCLUSION');
  assert.deepEqual(changed.imageTagMutabilityExclusionFilters, filters);
  const put = (imageTagMutability: 'IMMUTABLE' | 'MUTABLE_WITH_EXCLUSION', filter?: string) =>
    ecr.send(
      new PutImageTagMutabilityCommand({
        repositoryName: 'mutability',
        imageTagMutability,
        ...(filter && { imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter }] }),
      }),
    );
  for (const attempt of [
    () => put('IMMUTABLE', 'x'),
    () => put('MUTABLE_WITH_EXCLUSION'),
    () => put('MUTABLE_WITH_EXCLUSION', '*a*b*'),
  ]) {
    await assert.rejects(attempt(), { name: 'InvalidParameterException' });
  }
});

test('scan on push', async () => {
  await create('scanned', { imageScanningConfiguration: { scanOnPush: true } });
  const off = await ecr.send(
    new PutImageScanningConfigurationCommand({ repositoryName: 'scanned', imageScanningConfiguration: {} }),
  );
  assert.deepEqual(off.imageScanningConfiguration, { scanOnPush: false });
});

test('tags', async () => {
  const { repository } = await create('tagged', { tags: [{ Key: 'a', Value: '1' }] });
  const resourceArn = repository!.repositoryArn!;
  await ecr.send(
    new TagResourceCommand({
      resourceArn,
      tags: [
        { Key: 'b', Value: '2' },
        { Key: 'a', Value: '3' },
      ],
    }),
  );
  const list = () => ecr.send(new ListTagsForResourceCommand({ resourceArn }));
  assert.deepEqual((await list()).tags, [
    { Key: 'a', Value: '3' },
    { Key: 'b', Value: '2' },
  ]);
  await ecr.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a'] }));
  assert.deepEqual((await list()).tags, [{ Key: 'b', Value: '2' }]);
  const many = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: '' }));
  await assert.rejects(ecr.send(new TagResourceCommand({ resourceArn, tags: many })), { name: 'TooManyTagsException' });
  await assert.rejects(ecr.send(new TagResourceCommand({ resourceArn, tags: [{ Key: 'aws:x', Value: '' }] })), {
    name: 'InvalidTagParameterException',
  });
  await assert.rejects(ecr.send(new ListTagsForResourceCommand({ resourceArn: 'nonsense' })), {
    name: 'InvalidParameterException',
  });
});

test('repository policies', async () => {
  await create('policied');
  const repositoryName = 'policied';
  await assert.rejects(ecr.send(new GetRepositoryPolicyCommand({ repositoryName })), {
    name: 'RepositoryPolicyNotFoundException',
    message:
      "Repository policy does not exist for the repository with name 'policied' in the registry with id '123456789012'",
  });
  const policyText = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Sid: 'pull', Effect: 'Allow', Principal: '*', Action: ['ecr:BatchGetImage'] }],
  });
  await ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText }));
  const got = await ecr.send(new GetRepositoryPolicyCommand({ repositoryName }));
  assert.equal(got.policyText, policyText);
  await assert.rejects(ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: '{"no":"policy"}' })), {
    name: 'InvalidParameterException',
    message: "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'",
  });
  const gone = await ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName }));
  assert.equal(gone.policyText, policyText);
  await assert.rejects(ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName })), {
    name: 'RepositoryPolicyNotFoundException',
  });
});

test('a token that opens the registry', async () => {
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const [data] = authorizationData!;
  assert.equal(data!.proxyEndpoint, plane.endpoint);
  const hours = (data!.expiresAt!.getTime() - Date.now()) / 3_600_000;
  assert.ok(hours > 11.9 && hours <= 12.01, `${hours} hours`);
  assert.match(Buffer.from(data!.authorizationToken!, 'base64').toString(), /^AWS:./);
  const denied = await fetch(`${plane.endpoint}/v2/`);
  assert.equal(denied.status, 401);
  const headers = { authorization: `Basic ${data!.authorizationToken}` };
  const opened = await fetch(`${plane.endpoint}/v2/`, { headers });
  assert.equal(opened.status, 200);
});

test('a member that is missing', async () => {
  await assert.rejects(ecr.send(new DeleteRepositoryCommand({ repositoryName: undefined })), {
    name: 'InvalidParameterException',
  });
});
