/** Upstreams of pull-through cache rules: registries held here, any other host, and what ValidatePullThroughCacheRule says of them. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  BatchGetImageCommand,
  CreatePullThroughCacheRuleCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  type ECRClient,
  SetRepositoryPolicyCommand,
  ValidatePullThroughCacheRuleCommand,
} from '@aws-sdk/client-ecr';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { basic, type Client, createClient } from '../../registry/client.ts';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { allow, makeAccount, makeRole, makeUser, policy, trusting } from '../../support/identities.ts';
import { makeImage, manifestType, pushImage } from '../../support/images.ts';
import { OciServer } from '../../support/oci-server.ts';
import { until } from '../../support/slipway-process.ts';

const other = '111122223333';
const cacheService = { Service: 'pullthroughcache.ecr.amazonaws.com' };
let plane: TestControlPlane;
let ecr: ECRClient;
let client: Client;
let upstream: OciServer;

before(async () => {
  upstream = await new OciServer({ credentials: { username: 'robot', password: 'right' } }).start();
  plane = await startTestControlPlane();
  ecr = plane.ecr();
  const { accessKeyId, secretAccessKey } = plane.administrator;
  client = createClient(plane.port, basic(accessKeyId, secretAccessKey));
});
after(async () => {
  client?.close();
  await plane?.close();
  await upstream?.stop();
});

const rule = (ecrRepositoryPrefix: string, upstreamRegistryUrl: string, more = {}) =>
  ecr.send(new CreatePullThroughCacheRuleCommand({ ecrRepositoryPrefix, upstreamRegistryUrl, ...more }));
const validate = (ecrRepositoryPrefix: string) =>
  ecr.send(new ValidatePullThroughCacheRuleCommand({ ecrRepositoryPrefix }));
const manifestOf = (name: string, tag = 'v1') => client('GET', `/v2/${name}/manifests/${tag}`);
const cached = (repositoryName: string) =>
  until(`${repositoryName} is cached`, 10_000, async () => {
    const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand({ repositoryName }));
    return imageDetails.some((one) => one.imageTags?.includes('v1'));
  });

describe('registries that are held here', () => {
  test('another region of the same account', async () => {
    const there = plane.ecr({ region: 'eu-west-1' });
    await there.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }));
    const image = makeImage('region');
    await pushImage(there, 'team/app', image, 'v1');
    await rule('ireland', `${plane.account}.dkr.ecr.eu-west-1.amazonaws.com`);
    const RoleName = 'AWSServiceRoleForECRPullThroughCache';
    assert.equal((await plane.iam().send(new GetRoleCommand({ RoleName }))).Role!.RoleName, RoleName);
    assert.equal((await validate('ireland')).isValid, true);
    const answer = await manifestOf('ireland/team/app');
    assert.equal(answer.body.toString(), image.manifest);
    await cached('ireland/team/app');
  });

  test('another account, with a role that both sides permit', async () => {
    const there = plane.ecr({ credentials: makeAccount(plane, other).credentials });
    await there.send(new CreateRepositoryCommand({ repositoryName: 'base/app' }));
    await pushImage(there, 'base/app', makeImage('account'), 'v1');
    const read = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchCheckLayerAvailability'];
    const customRoleArn = makeRole(plane, 'cache', trusting(cacheService), [allow(read)]);
    await rule('other', `${other}.dkr.ecr.us-east-1.amazonaws.com`, {
      customRoleArn,
      upstreamRepositoryPrefix: 'base',
    });
    const refused = await manifestOf('other/app');
    assert.equal(refused.status, 403);
    assert.equal(refused.json().errors[0].code, 'DENIED');
    const policyText = policy({ Effect: 'Allow', Principal: { AWS: customRoleArn }, Action: read });
    await there.send(new SetRepositoryPolicyCommand({ repositoryName: 'base/app', policyText }));
    await until('the policy is known', 10_000, async () => (await manifestOf('other/app')).status === 200);
    await cached('other/app');
  });

  test('a role that does not trust the cache', async () => {
    const customRoleArn = makeRole(plane, 'distrust', trusting({ Service: 'ec2.amazonaws.com' }), [allow('*')]);
    await rule('distrusted', `${other}.dkr.ecr.us-east-1.amazonaws.com`, { customRoleArn });
    const { isValid, failure } = await validate('distrusted');
    assert.equal(isValid, false);
    assert.match(failure!, /cannot be assumed/);
  });
});

describe('any other host', () => {
  const credentials = async (name: string, value: unknown) => {
    const SecretString = typeof value === 'string' ? value : JSON.stringify(value);
    return (
      await plane.secretsManager().send(new CreateSecretCommand({ Name: `ecr-pullthroughcache/${name}`, SecretString }))
    ).ARN!;
  };

  test('as ROOT, where a longer prefix comes first', async () => {
    const credentialArn = await credentials('root', { username: 'robot', accessToken: 'right' });
    await rule('ROOT', `127.0.0.1:${upstream.port}`, { credentialArn });
    await rule('deep/er', `127.0.0.1:${upstream.port}`, { credentialArn, upstreamRepositoryPrefix: 'shallow' });
    assert.equal((await validate('ROOT')).isValid, true);
    const [a, b] = [makeImage('a'), makeImage('b')];
    for (const [name, image] of [
      ['any/thing', a],
      ['shallow/one', b],
    ] as const) {
      upstream.put(name, 'v1', { bytes: Buffer.from(image.manifest), type: manifestType }, image.blobs);
    }
    assert.equal((await manifestOf('any/thing')).body.toString(), a.manifest);
    assert.equal((await manifestOf('deep/er/one')).body.toString(), b.manifest);
    await cached('any/thing');
    await cached('deep/er/one');
  });

  test('BatchGetImage brings what nobody has pulled yet', async () => {
    const image = makeImage('by the API');
    upstream.put('by/api', 'v1', { bytes: Buffer.from(image.manifest), type: manifestType }, image.blobs);
    const get = (...imageIds: object[]) => ecr.send(new BatchGetImageCommand({ repositoryName: 'by/api', imageIds }));
    const { images } = await get({ imageTag: 'v1' });
    assert.equal(images![0]!.imageManifest, image.manifest);
    await cached('by/api');
    const { failures } = await get({ imageTag: 'none' });
    assert.equal(failures![0]!.failureCode, 'ImageNotFound');
    upstream.fault = () => ({ kind: 'status', status: 429, headers: { 'Retry-After': '60' } });
    const throttled = await get({ imageTag: 'v2' }, { imageTag: 'v1' });
    upstream.fault = undefined;
    assert.equal(throttled.failures![0]!.failureCode, 'UpstreamTooManyRequests');
    assert.equal(throttled.images!.length, 1);
  });

  test('says what is wrong with its credentials', async () => {
    const host = `127.0.0.1:${upstream.port}`;
    const wrong = await credentials('wrong', { username: 'robot', accessToken: 'wrong-token' });
    await rule('wrong', host, { credentialArn: wrong });
    const answer = await validate('wrong');
    assert.equal(answer.isValid, false);
    assert.match(answer.failure!, /takes the credentials not/);
    assert.ok(!answer.failure!.includes('wrong-token'));
    await plane.secretsManager().send(
      new PutSecretValueCommand({
        SecretId: wrong,
        SecretString: JSON.stringify({ username: 'robot', accessToken: 'right' }),
      }),
    );
    assert.equal((await validate('wrong')).isValid, true, 'the current version counts');
    await rule('shape', host, { credentialArn: await credentials('shape', { user: 'robot' }) });
    assert.match((await validate('shape')).failure!, /no username and accessToken/);
    await rule('text', host, { credentialArn: await credentials('text', 'not json') });
    assert.match((await validate('text')).failure!, /is not JSON/);
    await rule('none', host);
    assert.equal((await validate('none')).isValid, false);
    await assert.rejects(validate('unheard-of'), { name: 'PullThroughCacheRuleNotFoundException' });
  });

  test('needs iam:CreateServiceLinkedRole for its first rule', async () => {
    makeAccount(plane, '222233334444');
    const limited = makeUser(plane, 'limited', [allow('ecr:*')], { account: '222233334444' });
    const send = () =>
      plane
        .ecr({ credentials: limited.credentials })
        .send(new CreatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' }));
    await assert.rejects(send(), (error: Error) => /iam:CreateServiceLinkedRole/.test(error.message));
  });
});
