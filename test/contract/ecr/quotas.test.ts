/** AWS's quotas of ECR where the operator has turned them on: over the API and over the OCI routes alike. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  CreatePullThroughCacheRuleCommand,
  CreateRepositoryCommand,
  type ECRClient,
  GetAuthorizationTokenCommand,
  PutImageCommand,
} from '@aws-sdk/client-ecr';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';
import { makeImage, manifestType, pushImage } from '../../support/images.ts';

let plane: TestControlPlane;
let ecr: ECRClient;

before(async () => {
  const limits = {
    'repositories-per-registry': 2,
    'images-per-repository': 2,
    'tags-per-image': 2,
    'cache-rules-per-registry': 1,
  };
  const throttles = [{ name: 'tokens', burst: 2, perSecond: 0.001, operations: ['GetAuthorizationToken'] }];
  plane = await startTestControlPlane({ quotas: { ecr: { limits, throttles } }, registry: { createOnPush: true } });
  ecr = plane.ecr();
});
after(() => plane.close());

const exceeded = { name: 'LimitExceededException' };
const put = async (path: string, body: string) => {
  const { accessKeyId, secretAccessKey } = plane.administrator;
  const authorization = `Basic ${Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString('base64')}`;
  const headers = { authorization, 'content-type': manifestType };
  const answer = await fetch(`${plane.endpoint}/v2/${path}`, { method: 'PUT', headers, body });
  return { status: answer.status, text: await answer.text() };
};

describe('quotas of ECR', () => {
  it('refuse one image, tag, repository and rule too many', async () => {
    for (const repositoryName of ['one', 'two']) await ecr.send(new CreateRepositoryCommand({ repositoryName }));
    await assert.rejects(ecr.send(new CreateRepositoryCommand({ repositoryName: 'three' })), exceeded);
    const missing = await put('four/manifests/1', makeImage('four').manifest);
    assert.equal(missing.status, 403);
    assert.match(missing.text, /maximum allowed number of repositories/);

    const [first, second, third] = [makeImage('1'), makeImage('2'), makeImage('3')];
    await pushImage(ecr, 'one', first, 'a');
    await pushImage(ecr, 'one', second);
    await assert.rejects(pushImage(ecr, 'one', third), {
      ...exceeded,
      message: `The repository with name 'one' in registry with id '${plane.account}' already has the maximum allowed number of images which is '2'`,
    });
    const pushed = await put(`one/manifests/${third.digest}`, third.manifest);
    assert.equal(pushed.status, 403);
    assert.match(pushed.text, /maximum allowed number of images which is '2'/);

    const tag = (imageTag: string) =>
      ecr.send(new PutImageCommand({ repositoryName: 'one', imageManifest: first.manifest, imageTag }));
    await tag('b');
    await assert.rejects(tag('c'), exceeded);
    await assert.rejects(tag('b'), { name: 'ImageAlreadyExistsException' });
    assert.equal((await put('one/manifests/a', first.manifest)).status, 201);

    const rule = (ecrRepositoryPrefix: string) =>
      ecr.send(new CreatePullThroughCacheRuleCommand({ ecrRepositoryPrefix, upstreamRegistryUrl: 'quay.io' }));
    await rule('quay');
    await assert.rejects(rule('more'), exceeded);
  });

  it('throttle calls', async () => {
    const call = () => ecr.send(new GetAuthorizationTokenCommand({}));
    await call();
    await call();
    await assert.rejects(call(), { name: 'ThrottlingException' });
  });
});
