/** What a registry as a whole is set to. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  BatchGetRepositoryScanningConfigurationCommand,
  CreatePullThroughCacheRuleCommand,
  CreateRepositoryCommand,
  CreateRepositoryCreationTemplateCommand,
  DeletePullThroughCacheRuleCommand,
  DeleteRegistryPolicyCommand,
  DeleteRepositoryCreationTemplateCommand,
  DeleteSigningConfigurationCommand,
  DeregisterPullTimeUpdateExclusionCommand,
  DescribePullThroughCacheRulesCommand,
  DescribeRegistryCommand,
  DescribeRepositoryCreationTemplatesCommand,
  type ECRClient,
  GetAccountSettingCommand,
  GetRegistryPolicyCommand,
  GetRegistryScanningConfigurationCommand,
  GetSigningConfigurationCommand,
  ListPullTimeUpdateExclusionsCommand,
  PutAccountSettingCommand,
  PutRegistryPolicyCommand,
  PutRegistryScanningConfigurationCommand,
  PutReplicationConfigurationCommand,
  PutSigningConfigurationCommand,
  RegisterPullTimeUpdateExclusionCommand,
  UpdatePullThroughCacheRuleCommand,
  UpdateRepositoryCreationTemplateCommand,
} from '@aws-sdk/client-ecr';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { startTestControlPlane, type TestControlPlane, testAccount } from '../../support/control-plane.ts';

let plane: TestControlPlane;
let ecr: ECRClient;

before(async () => {
  plane = await startTestControlPlane();
  ecr = plane.ecr();
});
after(() => plane.close());

const invalid = { name: 'InvalidParameterException' };

test('replication', async () => {
  const get = async () => (await ecr.send(new DescribeRegistryCommand({}))).replicationConfiguration;
  assert.deepEqual(await get(), { rules: [] });
  const put = (...destinations: { region: string; registryId: string }[]) =>
    ecr.send(
      new PutReplicationConfigurationCommand({
        replicationConfiguration: {
          rules: destinations.map((one, index) => ({
            destinations: [one],
            ...(index === 0 && { repositoryFilters: [{ filter: 'prod', filterType: 'PREFIX_MATCH' }] }),
          })),
        },
      }),
    );
  const west = { region: 'us-west-2', registryId: testAccount };
  const other = { region: 'us-east-1', registryId: '210987654321' };
  const { replicationConfiguration } = await put(west, other);
  assert.deepEqual(await get(), replicationConfiguration);
  assert.equal(replicationConfiguration!.rules!.length, 2);
  await assert.rejects(put({ region: 'us-east-1', registryId: testAccount }), {
    ...invalid,
    message:
      "Invalid parameter at 'replicationConfiguration' failed to satisfy constraint: 'Replication destination cannot be the same as the source registry'",
  });
  await assert.rejects(put({ region: 'us-west-2', registryId: '12' }), invalid);
  await put();
  assert.deepEqual(await get(), { rules: [] });
});

test('the registry policy', async () => {
  const notFound = {
    name: 'RegistryPolicyNotFoundException',
    message: "Registry policy does not exist in the registry with id '123456789012'",
  };
  await assert.rejects(ecr.send(new GetRegistryPolicyCommand({})), notFound);
  const policyText = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'replicate',
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::210987654321:root' },
        Action: ['ecr:ReplicateImage'],
        Resource: ['arn:aws:ecr:us-east-1:123456789012:repository/*'],
      },
    ],
  });
  await ecr.send(new PutRegistryPolicyCommand({ policyText }));
  assert.equal((await ecr.send(new GetRegistryPolicyCommand({}))).policyText, policyText);
  await assert.rejects(ecr.send(new PutRegistryPolicyCommand({ policyText: '{}' })), invalid);
  assert.equal((await ecr.send(new DeleteRegistryPolicyCommand({}))).policyText, policyText);
  await assert.rejects(ecr.send(new DeleteRegistryPolicyCommand({})), notFound);
});

test('scanning rules choose repositories', async () => {
  for (const repositoryName of ['scan/prod-app', 'scan/dev-app']) {
    await ecr.send(new CreateRepositoryCommand({ repositoryName, imageScanningConfiguration: { scanOnPush: true } }));
  }
  const get = async () =>
    await ecr.send(
      new BatchGetRepositoryScanningConfigurationCommand({
        repositoryNames: ['scan/prod-app', 'scan/dev-app', 'scan/none'],
      }),
    );
  const before = await get();
  assert.deepEqual(
    before.scanningConfigurations!.map((one) => [one.scanFrequency, one.scanOnPush]),
    [
      ['SCAN_ON_PUSH', true],
      ['SCAN_ON_PUSH', true],
    ],
  );
  const failureCode = 'REPOSITORY_NOT_FOUND';
  assert.deepEqual(before.failures, [{ repositoryName: 'scan/none', failureCode, failureReason: failureCode }]);
  const filter = { filter: 'scan/prod*', filterType: 'WILDCARD' as const };
  const rules = [{ scanFrequency: 'CONTINUOUS_SCAN' as const, repositoryFilters: [filter] }];
  await assert.rejects(ecr.send(new PutRegistryScanningConfigurationCommand({ scanType: 'BASIC', rules })), invalid);
  const put = await ecr.send(new PutRegistryScanningConfigurationCommand({ scanType: 'ENHANCED', rules }));
  assert.deepEqual(put.registryScanningConfiguration, { scanType: 'ENHANCED', rules });
  const registry = await ecr.send(new GetRegistryScanningConfigurationCommand({}));
  assert.deepEqual(registry.scanningConfiguration, { scanType: 'ENHANCED', rules });
  const after = await get();
  assert.deepEqual(
    after.scanningConfigurations!.map((one) => [one.scanFrequency, one.appliedScanFilters]),
    [
      ['CONTINUOUS_SCAN', [filter]],
      ['MANUAL', []],
    ],
  );
  await ecr.send(new PutRegistryScanningConfigurationCommand({ scanType: 'BASIC', rules: [] }));
});

test('signing', async () => {
  const notFound = { name: 'SigningConfigurationNotFoundException' };
  await assert.rejects(ecr.send(new GetSigningConfigurationCommand({})), notFound);
  const signingProfileArn = 'arn:aws:signer:us-east-1:123456789012:/signing-profiles/profile';
  const rules = [
    { signingProfileArn, repositoryFilters: [{ filter: 'prod*', filterType: 'WILDCARD_MATCH' as const }] },
  ];
  await ecr.send(new PutSigningConfigurationCommand({ signingConfiguration: { rules } }));
  assert.deepEqual((await ecr.send(new GetSigningConfigurationCommand({}))).signingConfiguration, { rules });
  const wrong = new PutSigningConfigurationCommand({ signingConfiguration: { rules: [{ signingProfileArn: 'x' }] } });
  await assert.rejects(ecr.send(wrong), invalid);
  assert.deepEqual((await ecr.send(new DeleteSigningConfigurationCommand({}))).signingConfiguration, { rules });
  await assert.rejects(ecr.send(new DeleteSigningConfigurationCommand({})), notFound);
});

test('account settings', async () => {
  const get = async (name: string) => (await ecr.send(new GetAccountSettingCommand({ name }))).value;
  assert.equal(await get('BASIC_SCAN_TYPE_VERSION'), 'AWS_NATIVE');
  assert.equal(await get('BLOB_MOUNTING'), 'ENABLED');
  assert.equal(await get('REGISTRY_POLICY_SCOPE'), 'V2');
  await ecr.send(new PutAccountSettingCommand({ name: 'BLOB_MOUNTING', value: 'DISABLED' }));
  assert.equal(await get('BLOB_MOUNTING'), 'DISABLED');
  await assert.rejects(ecr.send(new PutAccountSettingCommand({ name: 'BLOB_MOUNTING', value: 'MAYBE' })), invalid);
  await assert.rejects(ecr.send(new GetAccountSettingCommand({ name: 'NONE' })), invalid);
});

test('pull time update exclusions', async () => {
  const arn = (name: string) => `arn:aws:iam::${testAccount}:role/${name}`;
  const register = (name: string) => ecr.send(new RegisterPullTimeUpdateExclusionCommand({ principalArn: arn(name) }));
  const { createdAt } = await register('scanner');
  assert.ok(createdAt instanceof Date);
  await register('another');
  await assert.rejects(register('scanner'), { name: 'ExclusionAlreadyExistsException' });
  const first = await ecr.send(new ListPullTimeUpdateExclusionsCommand({ maxResults: 1 }));
  assert.deepEqual(first.pullTimeUpdateExclusions, [arn('another')]);
  const next = new ListPullTimeUpdateExclusionsCommand({ maxResults: 1, nextToken: first.nextToken });
  assert.deepEqual((await ecr.send(next)).pullTimeUpdateExclusions, [arn('scanner')]);
  const deregister = () => ecr.send(new DeregisterPullTimeUpdateExclusionCommand({ principalArn: arn('scanner') }));
  await deregister();
  await assert.rejects(deregister(), { name: 'ExclusionNotFoundException' });
  await assert.rejects(ecr.send(new RegisterPullTimeUpdateExclusionCommand({ principalArn: 'nobody' })), invalid);
});

test('pull-through cache rules', async () => {
  const secrets = plane.secretsManager();
  const secret = await secrets.send(
    new CreateSecretCommand({ Name: 'ecr-pullthroughcache/hub', SecretString: '{"username":"u","accessToken":"t"}' }),
  );
  const create = (ecrRepositoryPrefix: string, upstreamRegistryUrl: string, more = {}) =>
    ecr.send(new CreatePullThroughCacheRuleCommand({ ecrRepositoryPrefix, upstreamRegistryUrl, ...more }));
  const made = await create('hub', 'registry-1.docker.io', { credentialArn: secret.ARN });
  assert.equal(made.upstreamRegistry, 'docker-hub');
  assert.equal(made.credentialArn, secret.ARN);
  assert.equal(made.upstreamRepositoryPrefix, undefined);
  await create('own', 'registry.example.com:5000', { upstreamRepositoryPrefix: 'team' });
  await assert.rejects(create('hub', 'quay.io'), {
    name: 'PullThroughCacheRuleAlreadyExistsException',
  });
  await assert.rejects(create('x1', 'not a host'), { name: 'UnsupportedUpstreamRegistryException' });
  await assert.rejects(create('x2', 'quay.io', { upstreamRegistry: 'docker-hub' }), {
    name: 'UnsupportedUpstreamRegistryException',
  });
  const missing = `arn:aws:secretsmanager:us-east-1:${testAccount}:secret:ecr-pullthroughcache/none-AbCdEf`;
  await assert.rejects(create('x3', 'ghcr.io', { credentialArn: missing }), { name: 'SecretNotFoundException' });
  await assert.rejects(create('UPPER', 'quay.io'), invalid);
  const page = await ecr.send(new DescribePullThroughCacheRulesCommand({ maxResults: 1 }));
  assert.equal(page.pullThroughCacheRules![0]!.ecrRepositoryPrefix, 'hub');
  const rest = new DescribePullThroughCacheRulesCommand({ maxResults: 1, nextToken: page.nextToken });
  assert.equal((await ecr.send(rest)).pullThroughCacheRules![0]!.upstreamRepositoryPrefix, 'team');
  const updated = await ecr.send(
    new UpdatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: 'own', credentialArn: secret.ARN }),
  );
  assert.equal(updated.credentialArn, secret.ARN);
  const gone = await ecr.send(new DeletePullThroughCacheRuleCommand({ ecrRepositoryPrefix: 'own' }));
  assert.equal(gone.upstreamRegistryUrl, 'registry.example.com:5000');
  const notFound = { name: 'PullThroughCacheRuleNotFoundException' };
  await assert.rejects(ecr.send(new DeletePullThroughCacheRuleCommand({ ecrRepositoryPrefix: 'own' })), notFound);
  const named = new DescribePullThroughCacheRulesCommand({ ecrRepositoryPrefixes: ['own'] });
  await assert.rejects(ecr.send(named), notFound);
});

test('repository creation templates', async () => {
  const create = (prefix: string, more = {}) =>
    ecr.send(new CreateRepositoryCreationTemplateCommand({ prefix, appliedFor: ['CREATE_ON_PUSH'], ...more }));
  const { repositoryCreationTemplate: made } = await create('prod', {
    description: 'for production',
    imageTagMutability: 'IMMUTABLE',
    resourceTags: [{ Key: 'stage', Value: 'prod' }],
  });
  assert.deepEqual(made!.appliedFor, ['CREATE_ON_PUSH']);
  assert.deepEqual(made!.encryptionConfiguration, { encryptionType: 'AES256' });
  assert.deepEqual(made!.resourceTags, [{ Key: 'stage', Value: 'prod' }]);
  await create('ROOT');
  await assert.rejects(create('prod'), { name: 'TemplateAlreadyExistsException' });
  await assert.rejects(create('x1', { appliedFor: ['SOMETHING'] }), invalid);
  await assert.rejects(create('x2', { lifecyclePolicy: '{}' }), invalid);
  await create('team__a--b');
  await ecr.send(new DeleteRepositoryCreationTemplateCommand({ prefix: 'team__a--b' }));
  await assert.rejects(create('team_-a'), invalid);
  const updated = await ecr.send(
    new UpdateRepositoryCreationTemplateCommand({ prefix: 'prod', appliedFor: ['REPLICATION', 'PULL_THROUGH_CACHE'] }),
  );
  assert.equal(updated.repositoryCreationTemplate!.imageTagMutability, 'IMMUTABLE');
  assert.equal(updated.repositoryCreationTemplate!.appliedFor!.length, 2);
  const all = await ecr.send(new DescribeRepositoryCreationTemplatesCommand({}));
  assert.deepEqual(
    all.repositoryCreationTemplates!.map((one) => one.prefix),
    ['ROOT', 'prod'],
  );
  await ecr.send(new DeleteRepositoryCreationTemplateCommand({ prefix: 'ROOT' }));
  const notFound = { name: 'TemplateNotFoundException' };
  await assert.rejects(ecr.send(new DeleteRepositoryCreationTemplateCommand({ prefix: 'ROOT' })), notFound);
  const named = new DescribeRepositoryCreationTemplatesCommand({ prefixes: ['ROOT'] });
  await assert.rejects(ecr.send(named), notFound);
});
